/*
 * The daemon: what a worker is, from settings to a mount that answers, and until it is gone or the
 * supervisor wants it to end.
 */
#pragma once

#include "conf/settings.h"
#include "fs/exit.h"

struct daemon_options {
	const struct settings *settings;
	const char *path;      /* where the mount is: absolute, without links */
	const char *providers; /* the directory whose copy WORKER_PROVIDERS is; NULL: none */
	bool upgrade;	       /* the worker before still has the store */
	bool background;       /* the log goes to syslog once it is ready */
};

/* Start and serve, with the descriptors of worker.h. Says on stderr, or in the log, why it ends
 * otherwise. */
enum exit_code daemon_run(const struct daemon_options *options);
