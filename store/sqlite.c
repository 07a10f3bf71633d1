/*
 * How the SQLite engine is opened and closed, and the table of its calls. One connection serves all
 * of them but tidy(), which has its own, so that no reader waits for a checkpoint.
 */
#include "store/sqlite.h"

#include "store/schema.h"
#include "store/sqlite_connection.h"
#include "store/sqlite_read.h"
#include "store/sqlite_write.h"

enum {
	/* What other processes may keep us waiting for: a backup that starts, a reader that ends.
	 */
	BUSY_MS = 5000,
	/* A checkpoint that waits for readers stops writers meanwhile. */
	TIDY_BUSY_MS = 100,
};

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
	return r < 0 ? r : sqlite_data_version(sqlite, &sqlite->data_version);
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
