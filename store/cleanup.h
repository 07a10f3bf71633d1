/*
 * Ownership by attribute: every owned thing sits in a variable that releases it at the end of its
 * scope, initialised at its declaration. TAKE_PTR() hands the thing on. Nothing here is secret or
 * has state; any thread.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <errno.h>

#define CLEANUP(function) __attribute__((cleanup(function)))
#define MUST_CHECK __attribute__((warn_unused_result))

/* Take the pointer out of a cleanup variable, leaving NULL behind. */
#define TAKE_PTR(pointer)                       \
	({                                      \
		__auto_type taken_ = (pointer); \
		(pointer) = NULL;               \
		taken_;                         \
	})

/* Take the descriptor out of a cleanup variable, leaving -1 behind. */
#define TAKE_FD(fd)                \
	({                         \
		int taken_ = (fd); \
		(fd) = -1;         \
		taken_;            \
	})

/* Define the cleanup function `noun_freep` from a destructor that takes and returns `type *`. */
#define DEFINE_CLEANUP(type, destructor)                 \
	static inline void destructor##p(type **pointer) \
	{                                                \
		*pointer = destructor(*pointer);         \
	}                                                \
	struct destructor##_semicolon

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

/* Close a descriptor, leaving errno as it was. */
static inline void cleanup_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void cleanup_fclose(FILE **file)
{
	if (*file)
		fclose(*file);
}

#define CLEANUP_FREE CLEANUP(cleanup_free)
#define CLEANUP_CLOSE CLEANUP(cleanup_close)
#define CLEANUP_FCLOSE CLEANUP(cleanup_fclose)
