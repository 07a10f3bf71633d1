/*
 * The form of a store's SQLite file: what its header says, and which tables it has, to the letter.
 * Used by database.c and sqlite.c alone. One thread at a time and connection.
 */
#pragma once

#include <sqlite3.h>

#include "store/cleanup.h"

/* Look at the header of an open file. -EBADMSG when it is no store or is damaged; -EPROTONOSUPPORT
 * when it is of another version; -EIO. */
int schema_check_header(sqlite3_file *file) MUST_CHECK;

/* Fill an empty database. Errors of database_run(). */
int schema_create(sqlite3 *db) MUST_CHECK;

/* Write the header as it is: a change that changes nothing, and is as durable as any. */
int schema_touch(sqlite3 *db) MUST_CHECK;

/* Compare the schema, and read the root of every table; takes the same time for every file.
 * -EBADMSG. */
int schema_check_form(sqlite3 *db) MUST_CHECK;

/* Tell everything that is wrong with the file's pages and tables, up to a limit. */
int schema_examine(sqlite3 *db, int (*each)(void *context, const char *text),
		   void *context) MUST_CHECK;

/* Compare the schema, read the root of every table, and all of a small file; takes the same time
 * for every larger one. -EBADMSG. */
int schema_check(sqlite3 *db) MUST_CHECK;
