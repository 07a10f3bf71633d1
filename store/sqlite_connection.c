#include "store/sqlite_connection.h"

struct sqlite *sqlite_of(struct engine *engine)
{
	return (struct sqlite *)engine;
}

struct sqlite *sqlite_enter(struct engine *engine)
{
	struct sqlite *sqlite = sqlite_of(engine);

	pthread_mutex_lock(&sqlite->using);
	return sqlite;
}

void sqlite_leave(struct sqlite **sqlite)
{
	pthread_mutex_unlock(&(*sqlite)->using);
}

int sqlite_step(struct sqlite *sqlite, sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);

	return code == SQLITE_ROW ? 1 : database_error(sqlite->db, code);
}

int sqlite_run(struct sqlite *sqlite, enum sql sql)
{
	CLEANUP(sql_release) sqlite3_stmt *statement = sqlite->statements[sql];

	return sqlite_step(sqlite, statement);
}

int sqlite_begin_reading(struct sqlite *sqlite)
{
	if (sqlite->tidying || !sqlite3_get_autocommit(sqlite->db))
		return 0;
	return sqlite_run(sqlite, SQL_BEGIN_READING);
}

void sqlite_end_reading(struct sqlite *sqlite)
{
	if (!sqlite3_get_autocommit(sqlite->db))
		(void)!sqlite_run(sqlite, SQL_ROLLBACK);
}

int sqlite_data_version(struct sqlite *sqlite, int64_t *ret)
{
	CLEANUP(sql_release) sqlite3_stmt *statement = sqlite->statements[SQL_DATA_VERSION];
	int r = sqlite_step(sqlite, statement);

	if (r <= 0)
		return r < 0 ? r : -EIO;
	*ret = sqlite3_column_int64(statement, 0);
	return 0;
}

int sqlite_get_head(struct sqlite *sqlite, struct org_id org, uint64_t *ret_generation,
		    struct digest *ret_digest)
{
	CLEANUP(sql_release) sqlite3_stmt *statement = sqlite->statements[SQL_HEAD];
	const void *digest;
	int r;

	if (sql_bind_bytes(statement, 1, org.bytes, ID_SIZE))
		return -ENOMEM;
	r = sqlite_step(sqlite, statement);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	digest = sql_column(statement, 1, DIGEST_SIZE);
	if (!digest)
		return -EBADMSG;
	*ret_generation = (uint64_t)sqlite3_column_int64(statement, 0);
	memcpy(ret_digest->bytes, digest, DIGEST_SIZE);
	return 0;
}
