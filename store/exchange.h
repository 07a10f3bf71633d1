/*
 * Exchange: putting another database in the place of a store's, whole or not at all, and keeping
 * the former one. One thread.
 */
#pragma once

#include "store/cleanup.h"

/* Whether a daemon has the store at `path` open, whatever state its file is in: -EBUSY; 0 when
 * none has, also when there is no such file. */
int exchange_check(const char *path) MUST_CHECK;

/* Move the database `from`, which nobody else knows of and which lies in the same directory, to
 * `to`, durably. What was there is at `kept` then, with what it had not yet taken over from its
 * write-ahead log if it cannot be opened. -EBUSY when a daemon has it open; -EEXIST when there is
 * something at `kept`; errors of database_open(from); other -errno. */
int exchange_put(const char *from, const char *to, const char *kept) MUST_CHECK;
