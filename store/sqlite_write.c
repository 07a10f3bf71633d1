/*
 * A commit that fails while it is made durable leaves its frames in the write-ahead log, complete
 * and checksummed; after a crash SQLite would find them and take them for committed. So the log is
 * emptied by a checkpoint before anything else is appended; until that works nothing is.
 */
#include "store/sqlite_write.h"

#include "store/room.h"
#include "store/schema.h"
#include "store/sqlite_connection.h"

static int run_row(struct sqlite *sqlite, enum sql sql, const struct org_id *org,
		   const struct engine_row *row)
{
	CLEANUP(sql_release) sqlite3_stmt *statement = sqlite->statements[sql];
	int r = sql_bind_row(statement, org, row);

	return r < 0 ? r : sqlite_step(sqlite, statement);
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
	return sqlite_step(sqlite, statement);
}

static int put_head(struct sqlite *sqlite, const struct org_id *org, uint64_t generation)
{
	CLEANUP(sql_release) sqlite3_stmt *statement = sqlite->statements[SQL_HEAD_PUT];

	if (sql_bind_bytes(statement, 1, org->bytes, ID_SIZE) ||
	    sql_bind_number(statement, 2, generation))
		return -EINVAL;
	return sqlite_step(sqlite, statement);
}

/* Whether the log ends where the first entry says that it does. */
static int check_predecessor(struct sqlite *sqlite, const struct engine_append *append)
{
	const struct engine_entry *first = &append->entries[0];
	struct digest newest;
	uint64_t generation;
	int r;

	r = sqlite_get_head(sqlite, append->org, &generation, &newest);
	if (r == -ENOENT)
		return first->generation == 1 ? 0 : -ESTALE;
	if (r < 0)
		return r;
	return generation + 1 == first->generation && digest_equal(&newest, &first->previous)
		       ? 0
		       : -ESTALE;
}

static int put(struct sqlite *sqlite, const struct engine_append *append, bool *erased)
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

static int put_all(struct sqlite *sqlite, const struct engine_append *append, bool *erased)
{
	int r = 0;

	for (; r == 0 && append; append = append->next)
		r = put(sqlite, append, erased);
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
	int r = sqlite_run(sqlite, SQL_COMMIT);

	if (r < 0)
		sqlite->unclean = true;
	return r;
}

/* SQLite has rolled back some errors by itself. */
static void roll_back(struct sqlite *sqlite)
{
	if (!sqlite3_get_autocommit(sqlite->db))
		(void)!sqlite_run(sqlite, SQL_ROLLBACK);
	(void)clean(sqlite);
}

int sqlite_append(struct engine *engine, const struct engine_append *append)
{
	ENTERED *sqlite = sqlite_enter(engine);
	bool erased = false;
	int r;

	sqlite_end_reading(sqlite);
	r = clean(sqlite);
	if (r < 0)
		return r;
	r = sqlite_run(sqlite, SQL_BEGIN);
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

int sqlite_audit_put(struct engine *engine, struct org_id org, struct recipient_id recipient,
		     uint64_t sequence, const uint8_t *bytes, size_t size)
{
	ENTERED *sqlite = sqlite_enter(engine);
	CLEANUP(sql_release) sqlite3_stmt *statement = sqlite->statements[SQL_AUDIT_PUT];

	sqlite_end_reading(sqlite);
	if (sql_bind_bytes(statement, 1, org.bytes, ID_SIZE) ||
	    sql_bind_bytes(statement, 2, recipient.bytes, ID_SIZE) ||
	    sql_bind_number(statement, 3, sequence) || sql_bind_bytes(statement, 4, bytes, size))
		return -EINVAL;
	return sqlite_step(sqlite, statement);
}

/* Say whether a tidy() is under way; our own reader would delay it. */
static void set_tidying(struct engine *engine, bool tidying)
{
	ENTERED *sqlite = sqlite_enter(engine);

	sqlite->tidying = tidying;
	if (tidying)
		sqlite_end_reading(sqlite);
	else
		(void)!sqlite_data_version(sqlite, &sqlite->tidy_version);
}

/* What is appended meanwhile asks for another tidy(). */
int sqlite_tidy(struct engine *engine)
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

bool sqlite_untidy(struct engine *engine)
{
	return atomic_load(&sqlite_of(engine)->untidy);
}

/* What fits into the log that is there already says nothing of a change that does not: so room for
 * the largest is asked for too. */
int sqlite_probe(struct engine *engine, bool write)
{
	ENTERED *sqlite = sqlite_enter(engine);
	int r = room_check(sqlite3_db_filename(sqlite->db, "main"));

	if (r < 0 || !write)
		return r;
	sqlite_end_reading(sqlite);
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
