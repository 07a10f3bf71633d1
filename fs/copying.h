/*
 * Who is copying an account. `cp -r` makes the new directory, then creates each file in it and
 * wants none to be there (O_EXCL); but `provider` is there from the start, as "generic". So a
 * process that holds another account's `provider` open to read it is not shown one that nobody has
 * set. One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* More readers at once than this are not told apart: they see what everybody sees. */
enum { COPYING_READERS = 64 };

struct copying {
	pid_t readers[COPYING_READERS]; /* 0: vacant */
};

/* A process opens a `provider` file to read it, and is done with it. */
void copying_begin(struct copying *copying, pid_t pid);
void copying_end(struct copying *copying, pid_t pid);

bool copying_is(const struct copying *copying, pid_t pid);
