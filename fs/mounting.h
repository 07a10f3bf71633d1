/*
 * Mounting, as a command does it: from what was asked for to a daemon that answers, in the
 * background unless it is to stay. Used by credfs mount and by mount.credfs.
 */
#pragma once

#include <stdbool.h>

#include "fs/exit.h"

struct mounting {
	const char *configuration; /* NULL: the usual one */
	const char *source;	   /* what the table of mounts shows in front; NULL: credfs */
	const char *directory;
	char *options;	 /* as mount(8) has them; NULL: none; is cut up */
	bool foreground; /* stay, and log to stderr */
	bool fake;	 /* check everything that can be checked, but do not mount */
	bool sloppy;	 /* pass over options that are not known */
};

/* Says on stderr what is wrong. Closes every descriptor but the standard ones: the daemon is to
 * keep none of its caller's. */
enum exit_code mounting_run(const struct mounting *mounting);
