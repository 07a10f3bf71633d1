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
	MOUNTPOINT_MOUNTED, /* a credfs is there, whose daemon lives */
	MOUNTPOINT_STALE,   /* a credfs whose daemon is gone */
};

/* The absolute path of a directory, without symbolic links, also if the daemon that is mounted
 * there is gone or hangs. The caller frees. -ENOENT, -ENOTDIR, other -errno. */
int mountpoint_resolve(const char *path, char **ret) MUST_CHECK;

/* 0 when the daemon that is mounted there answers; -ETIMEDOUT when it does not within five seconds;
 * -ENOTCONN when it is gone; other -errno. */
int mountpoint_answers(const char *path) MUST_CHECK;

int mountpoint_state(const char *path, enum mountpoint_state *ret) MUST_CHECK;

/* An option that cannot be had, cut out of those given, and why. */
struct mountpoint_refusal {
	const char *option;
	const char *why;
};

/* Options of mount(8), separated by commas, as flags for mount(2); `options` is cut up. `sloppy`:
 * those that are not known are passed over. -EINVAL with *ret_refusal set to the first that cannot
 * be had. */
int mountpoint_flags(char *options, bool sloppy, unsigned long *ret,
		     struct mountpoint_refusal *ret_refusal) MUST_CHECK;

/* Mount what `device`, an open /dev/fuse, serves; `source` is what the table of mounts shows in
 * front. */
int mountpoint_attach(const char *source, const char *path, unsigned long flags,
		      int device) MUST_CHECK;

/* Take it out of the tree at once, also if files are open in it. */
int mountpoint_detach(const char *path) MUST_CHECK;

/* Each mounted credfs: `each` returns non-zero to stop. -errno. */
int mountpoint_each(int (*each)(void *context, const char *path), void *context) MUST_CHECK;
