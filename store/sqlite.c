/*
 * The engine's calls as SQL. One connection serves all calls but tidy(), which has its own, so that
 * no reader waits for a checkpoint. Reads share one transaction until something is appended or
 * tidied, because to begin and end one for each read would cost about as much as the read.
 *
 * A commit that fails while it is made durable leaves its frames in the write-ahead log, complete
 * and checksummed; after a crash SQLite would find them and take them for committed. So the log is
 * emptied by a checkpoint before anything else is appended; until that works nothing is.
 */
#include "store/sqlite.h"

#include <pthread.h>
#include <stdatomic.h>

#include "store/database.h"
#include "store/room.h"
#include "store/schema.h"
#include "store/sql.h"

enum {
	/* What other processes may keep us waiting for: a backup that starts, a reader that ends.
	 */
	BUSY_MS = 5000,
	/* A checkpoint that waits for readers stops writers meanwhile. */
	TIDY_BUSY_MS = 100,
};

struct sqlite {
	struct engine engine; /* first: an engine is the start of its own kind */
	sqlite3 *db;
	sqlite3_stmt *statements[SQL_COUNT];
	int64_t data_version; /* when it was last asked for */
	int64_t tidy_version; /* when tidy() was done, which changes it as others do */
	bool unclean;	      /* a failed commit may lie in the write-ahead log */
	int lock;
	pthread_mutex_t using; /* guards all the above, and `tidying` */
	bool tidying;	       /* no read transaction is to be kept */
	pthread_mutex_t tidier_using;
	sqlite3 *tidier; /* under `tidier_using` */
	atomic_bool untidy;
};

static struct sqlite *sqlite_of(struct engine *engine)
{
	return (struct sqlite *)engine;
}

static struct sqlite *enter(struct engine *engine)
{
	struct sqlite *sqlite = sqlite_of(engine);

	pthread_mutex_lock(&sqlite->using);
	return sqlite;
}

static void leave(struct sqlite **sqlite)
{
	pthread_mutex_unlock(&(*sqlite)->using);
}
#define ENTERED CLEANUP(leave) struct sqlite

static int step(struct sqlite *sqlite, sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);

	return code == SQLITE_ROW ? 1 : database_error(sqlite->db, code);
}

static int run(struct sqlite *sqlite, enum sql sql)
{
	CLEANUP(sql_release) sqlite3_stmt *statement = sqlite->statements[sql];

	return step(sqlite, statement);
}

/* Be in a read transaction, that of the last read if there was no append since. */
static int begin_reading(struct sqlite *sqlite)
{
	if (sqlite->tidying || !sqlite3_get_autocommit(sqlite->db))
		return 0;
	return run(sqlite, SQL_BEGIN_READING);
}

static void end_reading(struct sqlite *sqlite)
{
	if (!sqlite3_get_autocommit(sqlite->db))
		(void)run(sqlite, SQL_ROLLBACK);
}

static int get_head(struct sqlite *sqlite, struct org_id org, uint64_t *ret_generation,
		    struct digest *ret_digest)
{
	CLEANUP(sql_release) sqlite3_stmt *statement = sqlite->statements[SQL_HEAD];
	const void *digest;
	int r;

	if (sql_bind_bytes(statement, 1, org.bytes, ID_SIZE))
		return -ENOMEM;
	r = step(sqlite, statement);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	digest = sql_column(statement, 1, DIGEST_SIZE);
	if (!digest)
		return -EBADMSG;
	*ret_generation = (uint64_t)sqlite3_column_int64(statement, 0);
	memcpy(ret_digest->bytes, digest, DIGEST_SIZE);
	return 0;
}

static int sqlite_head(struct engine *engine, struct org_id org, uint64_t *ret_generation,
		       struct digest *ret_digest)
{
	ENTERED *sqlite = enter(engine);
	int r = begin_reading(sqlite);

	return r < 0 ? r : get_head(sqlite, org, ret_generation, ret_digest);
}

static int get_entry(sqlite3_stmt *statement, struct engine_entry *ret)
{
	const void *digest = sql_column(statement, 1, DIGEST_SIZE);
	int size = sqlite3_column_bytes(statement, 2);
	const void *bytes = sql_column(statement, 2, (size_t)size);

	if (!digest || !bytes)
		return -EBADMSG;
	*ret = (struct engine_entry){
		.generation = (uint64_t)sqlite3_column_int64(statement, 0),
		.bytes = bytes,
		.size = (size_t)size,
	};
	memcpy(ret->digest.bytes, digest, DIGEST_SIZE);
	return 0;
}

static int sqlite_fetch(struct engine *engine, struct org_id org, uint64_t generation, size_t max,
			engine_entry_fn *each, void *context)
{
	ENTERED *sqlite = enter(engine);
	CLEANUP(sql_release) sqlite3_stmt *statement = sqlite->statements[SQL_FETCH];
	struct engine_entry entry;
	int r;

	if (sql_bind_bytes(statement, 1, org.bytes, ID_SIZE) ||
	    sql_bind_number(statement, 2, generation) || sql_bind_number(statement, 3, max))
		return -EINVAL;
	r = begin_reading(sqlite);
	if (r < 0)
		return r;
	while ((r = step(sqlite, statement)) > 0) {
		r = get_entry(statement, &entry);
		if (r == 0)
			r = each(context, &entry);
		if (r)
			return r;
	}
	return r;
}

static int give_rows(struct sqlite *sqlite, sqlite3_stmt *statement, enum row_table table,
		     engine_row_fn *each, void *context)
{
	struct engine_row row;
	int r;

	while ((r = step(sqlite, statement)) > 0) {
		if (sql_get_row(statement, table, &row))
			r = each(context, &row);
		else
			r = sqlite3_errcode(sqlite->db) == SQLITE_NOMEM ? -ENOMEM : 0;
		if (r)
			return r;
	}
	return r;
}

static int give_all(struct sqlite *sqlite, struct org_id org, enum row_table table,
		    engine_row_fn *each, void *context)
{
	CLEANUP(sql_release)
	sqlite3_stmt *statement = sqlite->statements[sql_of_table(table)->all];

	if (sql_bind_bytes(statement, 1, org.bytes, ID_SIZE))
		return -ENOMEM;
	return give_rows(sqlite, statement, table, each, context);
}

static int give_one(struct sqlite *sqlite, struct org_id org, const struct row_ref *ref,
		    engine_row_fn *each, void *context)
{
	CLEANUP(sql_release)
	sqlite3_stmt *statement = sqlite->statements[sql_of_table(ref->table)->get];
	int r = sql_bind_row(statement, &org, &(struct engine_row){.ref = *ref});

	return r < 0 ? r : give_rows(sqlite, statement, ref->table, each, context);
}

static int sqlite_rows(struct engine *engine, struct org_id org, enum row_table table,
		       const struct row_ref *refs, size_t count, engine_row_fn *each, void *context)
{
	ENTERED *sqlite = enter(engine);
	int r = begin_reading(sqlite);

	if (r < 0)
		return r;
	if (!count)
		return give_all(sqlite, org, table, each, context);
	for (size_t i = 0; i < count; i++) {
		r = give_one(sqlite, org, &refs[i], each, context);
		if (r)
			return r;
	}
	return 0;
}

static int run_row(struct sqlite *sqlite, enum sql sql, const struct org_id *org,
		   const struct engine_row *row)
{
	CLEANUP(sql_release) sqlite3_stmt *statement = sqlite->statements[sql];
	int r = sql_bind_row(statement, org, row);

	return r < 0 ? r : step(sqlite, statement);
}

/* Sets `erased` when there was such a row. */
static int put_row(struct sqlite *sqlite, const struct org_id *org, const struct engine_row *row,
		   bool *erased)
{
	int r = run_row(sqlite, sql_of_table(row->ref.table)->remove, org, row);

	if (r < 0)
		return r;
	if (sqlite3_changes(sqlite->db))
		*erased = true;
	return row->bytes ? run_row(sqlite, sql_of_table(row->ref.table)->put, org, row) : 0;
}

static int put_entry(struct sqlite *sqlite, const struct org_id *org,
		     const struct engine_entry *entry)
{
	CLEANUP(sql_release) sqlite3_stmt *statement = sqlite->statements[SQL_LOG_PUT];

	if (sql_bind_bytes(statement, 1, org->bytes, ID_SIZE) ||
	    sql_bind_number(statement, 2, entry->generation) ||
	    sql_bind_bytes(statement, 3, entry->digest.bytes, DIGEST_SIZE) ||
	    sql_bind_bytes(statement, 4, entry->bytes, entry->size))
		return -EINVAL;
	return step(sqlite, statement);
}

static int put_head(struct sqlite *sqlite, const struct org_id *org, uint64_t generation)
{
	CLEANUP(sql_release) sqlite3_stmt *statement = sqlite->statements[SQL_HEAD_PUT];

	if (sql_bind_bytes(statement, 1, org->bytes, ID_SIZE) ||
	    sql_bind_number(statement, 2, generation))
		return -EINVAL;
	return step(sqlite, statement);
}

/* Whether the log ends where the first entry says that it does. */
static int check_predecessor(struct sqlite *sqlite, const struct engine_append *append)
{
	const struct engine_entry *first = &append->entries[0];
	struct digest newest;
	uint64_t generation;
	int r;

	r = get_head(sqlite, append->org, &generation, &newest);
	if (r == -ENOENT)
		return first->generation == 1 ? 0 : -ESTALE;
	if (r < 0)
		return r;
	return generation + 1 == first->generation && digest_equal(&newest, &first->previous)
		       ? 0
		       : -ESTALE;
}

static int put_all(struct sqlite *sqlite, const struct engine_append *append, bool *erased)
{
	int r = check_predecessor(sqlite, append);

	for (size_t i = 0; r == 0 && i < append->entry_count; i++)
		r = put_entry(sqlite, &append->org, &append->entries[i]);
	if (r == 0)
		r = put_head(sqlite, &append->org,
			     append->entries[append->entry_count - 1].generation);
	for (size_t i = 0; r == 0 && i < append->row_count; i++)
		r = put_row(sqlite, &append->org, &append->rows[i], erased);
	return r;
}

/* Empty the write-ahead log of what a failed commit left there. */
static int clean(struct sqlite *sqlite)
{
	int r;

	if (!sqlite->unclean)
		return 0;
	r = database_empty_wal(sqlite->db);
	if (r == 0)
		sqlite->unclean = false;
	return r;
}

static int commit(struct sqlite *sqlite)
{
	int r = run(sqlite, SQL_COMMIT);

	if (r < 0)
		sqlite->unclean = true;
	return r;
}

/* SQLite has rolled back some errors by itself. */
static void roll_back(struct sqlite *sqlite)
{
	if (!sqlite3_get_autocommit(sqlite->db))
		(void)run(sqlite, SQL_ROLLBACK);
	(void)clean(sqlite);
}

static int sqlite_append(struct engine *engine, const struct engine_append *append)
{
	ENTERED *sqlite = enter(engine);
	bool erased = false;
	int r;

	end_reading(sqlite);
	r = clean(sqlite);
	if (r < 0)
		return r;
	r = run(sqlite, SQL_BEGIN);
	if (r == 0)
		r = put_all(sqlite, append, &erased);
	if (r == 0)
		r = commit(sqlite);
	if (r < 0) {
		roll_back(sqlite);
		return r;
	}
	if (erased)
		atomic_store(&sqlite->untidy, true);
	return 0;
}

static int sqlite_audit_put(struct engine *engine, struct org_id org, struct recipient_id recipient,
			    uint64_t sequence, const uint8_t *bytes, size_t size)
{
	ENTERED *sqlite = enter(engine);
	CLEANUP(sql_release) sqlite3_stmt *statement = sqlite->statements[SQL_AUDIT_PUT];

	end_reading(sqlite);
	if (sql_bind_bytes(statement, 1, org.bytes, ID_SIZE) ||
	    sql_bind_bytes(statement, 2, recipient.bytes, ID_SIZE) ||
	    sql_bind_number(statement, 3, sequence) || sql_bind_bytes(statement, 4, bytes, size))
		return -EINVAL;
	return step(sqlite, statement);
}

static int sqlite_orgs(struct engine *engine, int (*each)(void *context, struct org_id org),
		       void *context)
{
	ENTERED *sqlite = enter(engine);
	CLEANUP(sql_release) sqlite3_stmt *statement = sqlite->statements[SQL_ORGS];
	struct org_id org;
	int r;

	r = begin_reading(sqlite);
	if (r < 0)
		return r;
	while ((r = step(sqlite, statement)) > 0) {
		const void *id = sql_column(statement, 0, ID_SIZE);

		if (!id)
			continue;
		memcpy(org.bytes, id, ID_SIZE);
		r = each(context, org);
		if (r)
			return r;
	}
	return r;
}

static int get_data_version(struct sqlite *sqlite, int64_t *ret)
{
	CLEANUP(sql_release) sqlite3_stmt *statement = sqlite->statements[SQL_DATA_VERSION];
	int r = step(sqlite, statement);

	if (r <= 0)
		return r < 0 ? r : -EIO;
	*ret = sqlite3_column_int64(statement, 0);
	return 0;
}

/* What others deleted is to be overwritten as well; our own reader kept them from it. */
static int sqlite_renew(struct engine *engine, bool *ret_changed)
{
	ENTERED *sqlite = enter(engine);
	int64_t version = 0;
	int r;

	end_reading(sqlite);
	r = get_data_version(sqlite, &version);
	if (r < 0)
		return r;
	*ret_changed = version != sqlite->data_version;
	if (*ret_changed && version != sqlite->tidy_version)
		atomic_store(&sqlite->untidy, true);
	sqlite->data_version = version;
	return 0;
}

/* Say whether a tidy() is under way; our own reader would delay it. */
static void set_tidying(struct engine *engine, bool tidying)
{
	ENTERED *sqlite = enter(engine);

	sqlite->tidying = tidying;
	if (tidying)
		end_reading(sqlite);
	else
		(void)!get_data_version(sqlite, &sqlite->tidy_version);
}

/* What is appended meanwhile asks for another tidy(). */
static int sqlite_tidy(struct engine *engine)
{
	struct sqlite *sqlite = sqlite_of(engine);
	int r = 0;

	pthread_mutex_lock(&sqlite->tidier_using);
	if (atomic_exchange(&sqlite->untidy, false)) {
		set_tidying(engine, true);
		r = database_empty_wal(sqlite->tidier);
		set_tidying(engine, false);
	}
	if (r < 0)
		atomic_store(&sqlite->untidy, true);
	pthread_mutex_unlock(&sqlite->tidier_using);
	return r;
}

static bool sqlite_untidy(struct engine *engine)
{
	return atomic_load(&sqlite_of(engine)->untidy);
}

/* What fits into the log that is there already says nothing of a change that does not: so room for
 * the largest is asked for too. */
static int sqlite_probe(struct engine *engine, bool write)
{
	ENTERED *sqlite = enter(engine);
	int r = room_check(sqlite3_db_filename(sqlite->db, "main"));

	if (r < 0 || !write)
		return r;
	end_reading(sqlite);
	r = clean(sqlite);
	if (r < 0)
		return r;
	r = schema_touch(sqlite->db);
	if (r < 0) {
		sqlite->unclean = true;
		roll_back(sqlite);
	}
	return r;
}

static struct engine *sqlite_close(struct engine *engine)
{
	struct sqlite *sqlite = sqlite_of(engine);

	for (size_t i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(sqlite->statements[i]);
	database_close(sqlite->tidier);
	database_close(sqlite->db);
	cleanup_close(&sqlite->lock);
	pthread_mutex_destroy(&sqlite->tidier_using);
	pthread_mutex_destroy(&sqlite->using);
	free(sqlite);
	return NULL;
}

static int sqlite_examine(struct engine *engine, int (*each)(void *context, const char *text),
			  void *context)
{
	ENTERED *sqlite = enter(engine);
	int r = begin_reading(sqlite);

	return r < 0 ? r : schema_examine(sqlite->db, each, context);
}

static const struct engine_ops sqlite_ops = {
	.head = sqlite_head,
	.fetch = sqlite_fetch,
	.rows = sqlite_rows,
	.append = sqlite_append,
	.audit_put = sqlite_audit_put,
	.orgs = sqlite_orgs,
	.examine = sqlite_examine,
	.renew = sqlite_renew,
	.tidy = sqlite_tidy,
	.untidy = sqlite_untidy,
	.probe = sqlite_probe,
	.name = "sqlite",
	.close = sqlite_close,
};

/* The log's length tells of deleted bytes only if it was left behind by a daemon that died. */
static int open_beside(struct sqlite *sqlite, const char *path, bool alone)
{
	int r;

	r = database_open(path, BUSY_MS, &sqlite->db);
	if (r < 0)
		return r;
	r = alone ? database_lock(sqlite->db, &sqlite->lock) : 0;
	if (r < 0)
		return r;
	atomic_init(&sqlite->untidy, !database_wal_is_empty(sqlite->db));
	r = schema_check(sqlite->db);
	if (r < 0)
		return r;
	r = database_open(path, TIDY_BUSY_MS, &sqlite->tidier);
	if (r == 0)
		r = sql_prepare(sqlite->db, sqlite->statements);
	return r < 0 ? r : get_data_version(sqlite, &sqlite->data_version);
}

static int open_in(struct sqlite *sqlite, const char *path)
{
	return open_beside(sqlite, path, true);
}

static int join_in(struct sqlite *sqlite, const char *path)
{
	return open_beside(sqlite, path, false);
}

static int look_in(struct sqlite *sqlite, const char *path)
{
	int r;

	r = database_open(path, BUSY_MS, &sqlite->db);
	if (r == 0)
		r = schema_check_form(sqlite->db);
	if (r == 0)
		r = database_run(sqlite->db, "PRAGMA query_only = ON");
	return r < 0 ? r : sql_prepare(sqlite->db, sqlite->statements);
}

int sqlite_create(const char *path)
{
	return database_create(path);
}

void sqlite_remove(const char *path)
{
	database_remove(path);
}

static int open_by(int (*open)(struct sqlite *sqlite, const char *path), const char *path,
		   struct engine **ret)
{
	CLEANUP(engine_closep) struct engine *engine = NULL;
	struct sqlite *sqlite = calloc(1, sizeof(*sqlite));
	int r;

	if (!sqlite)
		return -ENOMEM;
	sqlite->engine.ops = &sqlite_ops;
	sqlite->lock = -1;
	pthread_mutex_init(&sqlite->using, NULL);
	pthread_mutex_init(&sqlite->tidier_using, NULL);
	engine = &sqlite->engine;
	r = open(sqlite, path);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(engine);
	return 0;
}

int sqlite_open(const char *path, struct engine **ret)
{
	return open_by(open_in, path, ret);
}

int sqlite_look(const char *path, struct engine **ret)
{
	return open_by(look_in, path, ret);
}

int sqlite_join(const char *path, struct engine **ret)
{
	return open_by(join_in, path, ret);
}
