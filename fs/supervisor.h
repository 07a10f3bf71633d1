/*
 * The supervisor: keeps a mount alive while its worker dies or is replaced. It mounts, holds the
 * device and the memory that outlives a worker, and starts one worker after the other; it reads no
 * request but the first, and no secret. What a worker leaves unanswered the kernel sends again to
 * the next, so that who uses the mount only waits.
 */
#pragma once

#include <stdbool.h>

#include "fs/exit.h"
#include "fs/keep.h"

struct supervisor_options {
	const char *configuration; /* NULL: the usual one */
	const char *providers;	   /* the directory of their files, as the mount begins */
	const char *source;	   /* what the table of mounts shows as mounted */
	const char *path;	   /* where to mount: absolute, without links */
	unsigned long flags;	   /* for mount(2) */
	bool background;
	int identity;	   /* what a worker reads it from; borrowed */
	unsigned watchdog; /* seconds that a worker may hang */
	struct keep keep;  /* whole: the mount goes on, which another supervisor made; taken */
};

/* Whether the mount that was kept is that of this place, and lives. */
bool supervisor_can_resume(const struct keep *keep, const char *path);

/* Mount, or go on, and serve until the mount is gone. `ready`, unless NULL, is called once it
 * answers. Says on stderr, or in the log, why it ends otherwise. */
enum exit_code supervisor_run(const struct supervisor_options *options,
			      void (*ready)(void *context), void *context);
