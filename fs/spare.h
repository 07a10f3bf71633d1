/*
 * The spare: the configuration's text as it was when a worker began with it, kept in memory, so
 * that the mount goes on when its worker dies after somebody has broken the file. It is copied and
 * not read, since the supervisor keeps it. Any thread.
 */
#pragma once

#include <stdbool.h>

#include "store/cleanup.h"

/* A copy of the file, the descriptor the caller's to close; NULL: the usual one, of which a missing
 * one is empty, as it is for who reads it. -EFBIG; other -errno from the file. */
int spare_new(const char *configuration, int *ret_descriptor) MUST_CHECK;

/* Whether both hold the same; what cannot be read is another. */
bool spare_is_same(int one, int other);
