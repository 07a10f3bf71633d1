/*
 * The fence: which process served last, kept apart from what that process can write to, so that a
 * supervisor that was restarted makes sure that it serves no more before another one does. A number
 * of a process may be another's by now, its time of birth is not. The supervisor alone.
 */
#pragma once

#include <sys/types.h>

#include "store/cleanup.h"

/* One that names nobody; the descriptor is the caller's to close. */
int fence_new(int *ret_descriptor) MUST_CHECK;

/* This process is about to serve. */
int fence_mark(int descriptor, pid_t pid) MUST_CHECK;

/* Kill who served last, if he is still there, and wait for his end. -ETIMEDOUT: it does not come;
 * other -errno. */
int fence_end(int descriptor) MUST_CHECK;
