/*
 * The SQLite engine's connection, and how its calls share it: one at a time, and reads within one
 * transaction until something is appended or tidied, because to begin and end one for each read
 * would cost about as much as the read. Used by sqlite*.c alone.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "store/database.h"
#include "store/engine.h"
#include "store/sql.h"

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

struct sqlite *sqlite_of(struct engine *engine);

/* Have the connection to oneself until the variable's scope ends. */
struct sqlite *sqlite_enter(struct engine *engine);
void sqlite_leave(struct sqlite **sqlite);
#define ENTERED CLEANUP(sqlite_leave) struct sqlite

/* 1 for a row, 0 at the end, or -errno. */
int sqlite_step(struct sqlite *sqlite, sqlite3_stmt *statement) MUST_CHECK;
int sqlite_run(struct sqlite *sqlite, enum sql sql) MUST_CHECK;

/* Be in a read transaction, that of the last read if there was no append since. */
int sqlite_begin_reading(struct sqlite *sqlite) MUST_CHECK;
void sqlite_end_reading(struct sqlite *sqlite);

/* A number that changes when others write. */
int sqlite_data_version(struct sqlite *sqlite, int64_t *ret) MUST_CHECK;

/* The newest entry of a log; -ENOENT. Within a transaction. */
int sqlite_get_head(struct sqlite *sqlite, struct org_id org, uint64_t *ret_generation,
		    struct digest *ret_digest) MUST_CHECK;
