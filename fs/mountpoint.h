/*
 * Mount points: where credfs is mounted on this host, and putting a mount in place and away. The
 * mount is nosuid, nodev and noexec, open to all users, and its permissions are checked by the
 * kernel.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "store/cleanup.h"

enum mountpoint_state {
	MOUNTPOINT_FREE,
	MOUNTPOINT_MOUNTED, /* a credfs answers there */
	MOUNTPOINT_STALE,   /* a credfs whose daemon is gone */
};

/* The absolute path of a directory, without symbolic links, also if what is mounted there is stale.
 * The caller frees. -ENOENT, -ENOTDIR, other -errno. */
int mountpoint_resolve(const char *path, char **ret) MUST_CHECK;

int mountpoint_state(const char *path, enum mountpoint_state *ret) MUST_CHECK;

/* Options of mount(8), separated by commas, as flags for mount(2). -EINVAL with *ret_unknown set
 * to the first one that is not known, cut out of `options`. */
int mountpoint_flags(char *options, unsigned long *ret, const char **ret_unknown) MUST_CHECK;

/* Mount; `ret` is the device, the caller's to close. */
int mountpoint_attach(const char *path, unsigned long flags, int *ret) MUST_CHECK;

/* Take it out of the tree at once, also if files are open in it. */
int mountpoint_detach(const char *path) MUST_CHECK;

/* Each mounted credfs: `each` returns non-zero to stop. -errno. */
int mountpoint_each(int (*each)(void *context, const char *path), void *context) MUST_CHECK;
