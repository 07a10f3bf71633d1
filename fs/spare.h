/*
 * The spare: the configuration and the providers' files as they were when a worker began with them,
 * kept in memory, so that the mount goes on when its worker dies after somebody has broken one.
 * They are copied and not read, since the supervisor keeps them. Any thread.
 */
#pragma once

#include <stdbool.h>

#include "store/cleanup.h"

/* Descriptors; -1: none. */
struct spare {
	int settings;
	int providers; /* catalogue_copy() */
};
#define NO_SPARE ((struct spare){-1, -1})

void spare_done(struct spare *spare);
#define CLEANUP_SPARE CLEANUP(spare_done)

/* A copy of the file and of those in the directory. NULL: the usual one, of which a missing one is
 * empty, as it is for who reads it. -EFBIG, -EINVAL when it is no file; other -errno from the
 * files. */
int spare_new(const char *configuration, const char *providers, struct spare *ret) MUST_CHECK;

/* Whether there is one. */
bool spare_is_there(const struct spare *spare);

/* Whether both hold the same; what is not there is another. */
bool spare_is_same(const struct spare *one, const struct spare *other);
