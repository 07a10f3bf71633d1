/*
 * The tape: each change that a daemon makes to its files, in order, for power.py to make from it
 * what a loss of power leaves. A record is a head and then bytes: those written, or a path, or two
 * with a NUL between them. Without a tape nothing happens. Threads may share it.
 */
#pragma once

#include <stdint.h>

enum tape_change { OPEN, WRITE, TRUNCATE, SYNC, UNLINK, RENAME, LINK };

struct tape_record {
	uint32_t change;
	int32_t fd;
	int64_t offset; /* of TRUNCATE the new size, of OPEN the flags */
	uint64_t size;
};

/* Append to this file, which exists; NULL: no tape. */
void tape_open(const char *path);

/* Before a change is made: it is made and written down under one lock, so that the order of the
 * changes is that of the tape. */
void tape_hold(void);

/* Write the change down unless it failed, and let go; `result` is handed on. */
long tape_put(long result, struct tape_record record, const void *bytes);
long tape_put_paths(long result, enum tape_change change, const char *from, const char *to);
