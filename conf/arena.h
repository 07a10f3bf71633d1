/*
 * Arena: locked memory for a library that cuts small pieces of it and copies parts of secrets into
 * them. A thread enters one, what is allocated there comes from it, and all of it is wiped when the
 * thread leaves; nothing is given back before. Outside of an arena the functions are malloc() and
 * free(). Any thread; an arena is one thread's.
 */
#pragma once

#include <stddef.h>

#include "store/cleanup.h"

struct arena {
	struct arena_chunk *chunks;    /* the newest first */
	size_t size;		       /* of all of them */
	struct arena_reserve *reserve; /* that they are cut from; NULL: each is locked by itself */
};

/* `arena` is all zero, and where it is until it is left. -ENOMEM. */
int arena_enter(struct arena *arena) MUST_CHECK;
/* Takes one that was not entered as well. */
void arena_leave(struct arena *arena);

/* NULL when there is none, or it could not be locked. */
void *arena_allocate(size_t size);
void arena_give(void *memory);

/* Set aside what one arena locks, for a process that is about to give up the right to lock memory:
 * who enters one finds it there, if nobody else is in it. Once. -EPERM, -ENOMEM. */
int arena_reserve(void) MUST_CHECK;
