/*
 * The daemon: from settings to a mount that answers, and until it is gone.
 */
#pragma once

#include "conf/settings.h"
#include "fs/exit.h"

struct daemon_options {
	const struct settings *settings;
	const char *source;  /* what the table of mounts shows as mounted */
	const char *path;    /* where to mount: absolute, without links */
	unsigned long flags; /* for mount(2) */
};

/* Start and serve. `ready` is called once the mount answers. Says on stderr, or in the log, why it
 * ends otherwise. */
enum exit_code daemon_run(const struct daemon_options *options, void (*ready)(void *context),
			  void *context);
