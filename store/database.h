/*
 * A connection to a store's SQLite database: how it is opened, how SQLite's errors read, and who
 * may have it; schema.h says what must be in it. Used by sqlite.c alone. One thread at a time and
 * connection.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>

#include "store/cleanup.h"

/* Create the file (mode 0600) with an empty schema, durable on return. -EEXIST, other -errno; a
 * failure leaves no file behind. */
int database_create(const char *path) MUST_CHECK;

/* Remove the file and what SQLite keeps beside it, as far as that works. */
void database_remove(const char *path);

/* Open a connection that waits at most `busy_ms` for locks, and look at the file's header. -ENOENT;
 * -ELOOP for a symlink; -EBADMSG when it is no store or its header is damaged; -EPROTONOSUPPORT
 * when it is of another version; -ENOTSUP on a network or FUSE file system; -EROFS when it cannot
 * be written. */
int database_open(const char *path, int busy_ms, sqlite3 **ret) MUST_CHECK;
/* Create a file (mode 0600) to be filled with another database's pages. Nobody else may know of it:
 * nothing locks it, and it is not durable before it is closed and synced. May lie on any file
 * system. -errno; a failure leaves no file behind. */
int database_open_copy(const char *path, sqlite3 **ret) MUST_CHECK;
sqlite3 *database_close(sqlite3 *db);
DEFINE_CLEANUP(sqlite3, database_close);

/* Become the only daemon that has the database open. `ret_lock` is a descriptor to be closed after
 * the connection. -EBUSY. */
int database_lock(sqlite3 *db, int *ret_lock) MUST_CHECK;

/* Whether nothing lies in the write-ahead log. */
bool database_wal_is_empty(sqlite3 *db);

/* Move what the write-ahead log holds into the file, durably, and cut the log to nothing: what was
 * deleted or overwritten is in neither then. -EBUSY when a reader or writer delays it. */
int database_empty_wal(sqlite3 *db) MUST_CHECK;

/* Run statements that return no rows. */
int database_run(sqlite3 *db, const char *sql) MUST_CHECK;

/* What a result code of SQLite means: 0 or -errno. The only translation. */
int database_error(sqlite3 *db, int code);
