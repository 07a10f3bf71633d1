/*
 * A worker as the supervisor sees it: a process of its own that runs the program anew, perhaps in
 * another version, and is handed the descriptors it needs. It says when it could begin, and begins
 * when it is told to.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fs/spare.h"

/* Where a worker finds what it is handed. */
enum worker_descriptor {
	WORKER_CONTROL = 3,
	WORKER_DEVICE,
	WORKER_SHARED,
	WORKER_IDENTITY,
	WORKER_DESCRIPTORS_END,
	/* What is not always there: the program's own descriptor lies between. */
	WORKER_SPARE = WORKER_DESCRIPTORS_END + 1,
	WORKER_PROVIDERS,
};

/* The words on the control descriptor, and how long each is. */
enum worker_word { WORKER_READY = 'R', WORKER_GO = 'G' };

struct worker_plan {
	int program;		   /* what to run */
	const char *configuration; /* NULL: the usual one */
	const char *providers;	   /* the directory of which the spare is */
	const char *path;	   /* where the mount is */
	bool background;	   /* its log goes to syslog once it is ready */
	bool upgrade;		   /* the one before still serves, and has the store */
	int device;
	int shared;
	int identity;		   /* the host's, as text: a file or a handover */
	const struct spare *spare; /* in the place of the configuration; NULL: none */
};

struct worker {
	pid_t pid; /* 0: none */
	int process;
	int control;
};
#define NO_WORKER ((struct worker){0, -1, -1})

int worker_start(const struct worker_plan *plan, struct worker *ret) MUST_CHECK;

/* Wait until it could begin; -ECHILD when it ended instead, -ETIMEDOUT after so many seconds. */
int worker_await(const struct worker *worker, unsigned seconds) MUST_CHECK;

/* Wait until it has ended; -ETIMEDOUT after so many seconds. */
int worker_await_end(const struct worker *worker, unsigned seconds) MUST_CHECK;

/* Whether somebody has stopped it, so that it does nothing. */
bool worker_is_stopped(const struct worker *worker);

void worker_go(const struct worker *worker);
void worker_signal(const struct worker *worker, int number);

/* Wait for its end; returns what waitpid(2) says of it. */
int worker_reap(struct worker *worker);
