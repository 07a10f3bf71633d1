/*
 * Progress of a command that takes longer than a second: one line on stderr, only when that is a
 * terminal, and gone at the end. And whether the user wants to stop. One thread.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/cleanup.h"

struct progress {
	const char *what;      /* "copying" */
	uint64_t began, shown; /* ns monotonic; 0: nothing was shown yet */
	sigset_t stopping, former;
	bool terminal;
	bool stopped; /* by a signal */
};

/* SIGINT, SIGTERM and SIGHUP no longer end the process until progress_done(). */
void progress_init(struct progress *progress, const char *what);
void progress_done(struct progress *progress); /* also twice */
#define CLEANUP_PROGRESS CLEANUP(progress_done)

/* Show how far it is; false when a signal asked to stop. `context` is a struct progress. */
bool progress_tell(void *context, uint64_t done, uint64_t total);
