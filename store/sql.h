/*
 * The SQLite engine's statements: their text, and rows to and from them. Used by sqlite.c alone.
 * One thread at a time and connection.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>

#include "store/cleanup.h"
#include "store/engine.h"

enum sql {
	SQL_BEGIN,
	SQL_BEGIN_READING,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_HEAD,
	SQL_FETCH,
	SQL_ORGS,
	SQL_LOG_PUT,
	SQL_HEAD_PUT,
	SQL_AUDIT_PUT,
	SQL_DATA_VERSION,
	SQL_ITEM_GET,
	SQL_ITEM_ALL,
	SQL_ITEM_PUT,
	SQL_ITEM_REMOVE,
	SQL_VALUE_GET,
	SQL_VALUE_ALL,
	SQL_VALUE_PUT,
	SQL_VALUE_REMOVE,
	SQL_WRAP_GET,
	SQL_WRAP_ALL,
	SQL_WRAP_PUT,
	SQL_WRAP_REMOVE,
	SQL_COUNT
};

/* The statements for one table of rows. */
struct sql_table {
	enum sql get, all, put, remove;
	uint32_t kind; /* of rows that have no column for it */
};

const struct sql_table *sql_of_table(enum row_table table);

/* Prepare all of them, to be finalized by the caller, those of a failed call as well. */
int sql_prepare(sqlite3 *db, sqlite3_stmt *statements[SQL_COUNT]) MUST_CHECK;

/* Make ready for the next use; ends what the statement reads or locks. */
void sql_release(sqlite3_stmt **statement);

/* Result codes of SQLite. The bytes are borrowed until sql_release(). */
int sql_bind_bytes(sqlite3_stmt *statement, int parameter, const void *bytes,
		   size_t size) MUST_CHECK;
int sql_bind_number(sqlite3_stmt *statement, int parameter, uint64_t number) MUST_CHECK;

/* Bind a row's parameters, those that the statement has. -EINVAL for a number above 63 bits. */
int sql_bind_row(sqlite3_stmt *statement, const struct org_id *org,
		 const struct engine_row *row) MUST_CHECK;

/* A blob of exactly `size` bytes; NULL when the column holds anything else. */
const void *sql_column(sqlite3_stmt *statement, int column, size_t size);

/* Whether the columns hold a row at all. One that does not is as good as missing: whoever knows
 * that it must be there finds out, and the other rows are served. */
bool sql_get_row(sqlite3_stmt *statement, enum row_table table, struct engine_row *ret) MUST_CHECK;
