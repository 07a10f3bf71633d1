/*
 * The handover: a piece of memory in which an identity that somebody was asked for waits for every
 * worker to come, so that nobody is asked again when one has died. The supervisor keeps it locked
 * and never reads it; a process of its own asks and fills it; from then on it cannot be changed.
 */
#pragma once

#include <stdbool.h>

#include "store/identity.h"

/* An empty one, whose descriptor is the caller's to close. */
int handover_new(int *ret_descriptor) MUST_CHECK;

/* Keep it in memory, and out of the swap, for as long as this process lives. -EPERM when memory
 * cannot be locked; other -errno. */
int handover_keep(int descriptor) MUST_CHECK;

/* Whether it was filled to the end. */
bool handover_is_full(int descriptor);

/* -errno: it stays empty. */
int handover_fill(int descriptor, const struct identity *identity) MUST_CHECK;
