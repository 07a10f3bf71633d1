/*
 * Whether a file system has room for a change: asked of the file system itself, which may count for
 * each user, or keep some back. Used by sqlite.c alone. Any thread.
 */
#pragma once

#include "store/cleanup.h"

enum { ROOM_SIZE = 256 << 10 }; /* more than the longest value takes with all that goes with it */

/* Beside the file at `path`: -ENOSPC, -EROFS. 0 also where it cannot be told. */
int room_check(const char *path) MUST_CHECK;
