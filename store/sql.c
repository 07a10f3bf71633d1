#include "store/sql.h"

#include "store/database.h"
#include "store/record.h"

/* Parameters of rows are ?1 organisation, ?2 id, ?3 kind, ?4 version, ?5 epoch, ?6 bytes in every
 * statement; their results are id, kind, version, epoch, bytes. */
static const char *const texts[] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_BEGIN_READING] = "BEGIN",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_HEAD] = "SELECT gen, hash FROM log WHERE org = ?1 ORDER BY gen DESC LIMIT 1",
	[SQL_FETCH] = "SELECT gen, hash, entry FROM log WHERE org = ?1 AND gen > ?2"
		      " ORDER BY gen LIMIT ?3",
	/* From the log itself, a step an organisation. */
	[SQL_ORGS] = "WITH RECURSIVE o (org) AS (SELECT min(org) FROM log UNION ALL"
		     " SELECT (SELECT min(org) FROM log WHERE org > o.org) FROM o"
		     " WHERE o.org IS NOT NULL) SELECT org FROM o WHERE org IS NOT NULL",
	[SQL_LOG_PUT] = "INSERT INTO log (org, gen, hash, entry) VALUES (?1, ?2, ?3, ?4)",
	[SQL_HEAD_PUT] = "INSERT OR REPLACE INTO head (org, gen) VALUES (?1, ?2)",
	[SQL_AUDIT_PUT] = "INSERT INTO audit (org, rid, seq, entry) VALUES (?1, ?2, ?3, ?4)",
	/* Another number whenever another connection has written. */
	[SQL_DATA_VERSION] = "PRAGMA data_version",
	[SQL_ITEM_GET] = "SELECT id, kind, ver, epoch, ct FROM item WHERE org = ?1 AND id = ?2",
	[SQL_ITEM_ALL] = "SELECT id, kind, ver, epoch, ct FROM item WHERE org = ?1",
	[SQL_ITEM_PUT] = "INSERT INTO item (org, id, kind, ver, epoch, ct)"
			 " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[SQL_ITEM_REMOVE] = "DELETE FROM item WHERE org = ?1 AND id = ?2",
	[SQL_VALUE_GET] = "SELECT id, NULL, ver, epoch, ct FROM value"
			  " WHERE org = ?1 AND id = ?2 AND ver = ?4",
	[SQL_VALUE_ALL] = "SELECT id, NULL, ver, epoch, ct FROM value WHERE org = ?1",
	[SQL_VALUE_PUT] = "INSERT INTO value (org, id, ver, epoch, ct)"
			  " VALUES (?1, ?2, ?4, ?5, ?6)",
	[SQL_VALUE_REMOVE] = "DELETE FROM value WHERE org = ?1 AND id = ?2 AND ver = ?4",
	[SQL_WRAP_GET] = "SELECT rid, NULL, 0, epoch, ct FROM wrap"
			 " WHERE org = ?1 AND rid = ?2 AND epoch = ?5",
	[SQL_WRAP_ALL] = "SELECT rid, NULL, 0, epoch, ct FROM wrap WHERE org = ?1",
	[SQL_WRAP_PUT] = "INSERT INTO wrap (org, rid, epoch, ct)"
			 " VALUES (?1, ?2, ?5, ?6)",
	[SQL_WRAP_REMOVE] = "DELETE FROM wrap WHERE org = ?1 AND rid = ?2 AND epoch = ?5",
};
_Static_assert(sizeof(texts) / sizeof(*texts) == SQL_COUNT, "a text for each statement");

static const struct sql_table tables[] = {
	[ROW_ITEM] = {SQL_ITEM_GET, SQL_ITEM_ALL, SQL_ITEM_PUT, SQL_ITEM_REMOVE, 0},
	[ROW_VALUE] = {SQL_VALUE_GET, SQL_VALUE_ALL, SQL_VALUE_PUT, SQL_VALUE_REMOVE, RECORD_FIELD},
	[ROW_WRAP] = {SQL_WRAP_GET, SQL_WRAP_ALL, SQL_WRAP_PUT, SQL_WRAP_REMOVE, 0},
};

const struct sql_table *sql_of_table(enum row_table table)
{
	return &tables[table];
}

int sql_prepare(sqlite3 *db, sqlite3_stmt *statements[SQL_COUNT])
{
	for (size_t i = 0; i < SQL_COUNT; i++) {
		int code = sqlite3_prepare_v3(db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
					      &statements[i], NULL);

		if (code != SQLITE_OK)
			return database_error(db, code);
	}
	return 0;
}

void sql_release(sqlite3_stmt **statement)
{
	sqlite3_reset(*statement);
	sqlite3_clear_bindings(*statement);
}

int sql_bind_bytes(sqlite3_stmt *statement, int parameter, const void *bytes, size_t size)
{
	return sqlite3_bind_blob64(statement, parameter, bytes, size, SQLITE_STATIC);
}

int sql_bind_number(sqlite3_stmt *statement, int parameter, uint64_t number)
{
	return number > INT64_MAX ? SQLITE_RANGE
				  : sqlite3_bind_int64(statement, parameter, (int64_t)number);
}

const void *sql_column(sqlite3_stmt *statement, int column, size_t size)
{
	if (sqlite3_column_type(statement, column) != SQLITE_BLOB ||
	    (size_t)sqlite3_column_bytes(statement, column) != size)
		return NULL;
	return sqlite3_column_blob(statement, column);
}

int sql_bind_row(sqlite3_stmt *statement, const struct org_id *org, const struct engine_row *row)
{
	int count = sqlite3_bind_parameter_count(statement); /* it has the first few, or all */
	const struct row_ref *ref = &row->ref;

	if (sql_bind_bytes(statement, 1, org->bytes, ID_SIZE) ||
	    sql_bind_bytes(statement, 2, ref->id.bytes, ID_SIZE) ||
	    (count >= 3 && sql_bind_number(statement, 3, ref->kind)) ||
	    (count >= 4 && sql_bind_number(statement, 4, ref->version)) ||
	    (count >= 5 && sql_bind_number(statement, 5, ref->epoch)) ||
	    (count >= 6 && sql_bind_bytes(statement, 6, row->bytes, row->size)))
		return -EINVAL;
	return 0;
}

bool sql_get_row(sqlite3_stmt *statement, enum row_table table, struct engine_row *ret)
{
	const void *id = sql_column(statement, 0, ID_SIZE);
	bool has_kind = sqlite3_column_type(statement, 1) != SQLITE_NULL;
	int64_t kind = has_kind ? sqlite3_column_int64(statement, 1) : tables[table].kind;
	int64_t version = sqlite3_column_int64(statement, 2);
	int64_t epoch = sqlite3_column_int64(statement, 3);
	int size = sqlite3_column_bytes(statement, 4);
	const void *bytes = sql_column(statement, 4, (size_t)size);

	if (!id || !bytes || kind < 0 || kind > UINT32_MAX || version < 0 || epoch < 0 ||
	    epoch > UINT32_MAX)
		return false;
	*ret = (struct engine_row){
		.ref = {.table = table,
			.kind = (uint32_t)kind,
			.version = (uint64_t)version,
			.epoch = (uint32_t)epoch},
		.bytes = bytes,
		.size = (size_t)size,
	};
	memcpy(ret->ref.id.bytes, id, ID_SIZE);
	return true;
}
