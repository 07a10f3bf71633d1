/*
 * One worker after the other: another one where one has died, the installed version where the
 * supervisor is told to upgrade. A worker is followed by one of the version that is in force, even
 * when another was installed meanwhile; a version comes into force when a worker of it serves.
 */
#pragma once

#include "fs/exit.h"
#include "fs/shared.h"
#include "fs/spare.h"
#include "fs/suspicion.h"
#include "fs/worker.h"

struct succession {
	struct worker_plan plan; /* its program is the version in force, kept open */
	struct worker worker;
	struct shared *shared;
	int fence;	      /* fence.h */
	char installed[4096]; /* path of the program */
	struct spare spare;   /* of the last worker that could begin */
	int candidate;	      /* a version of which no worker was seen to serve yet; -1: none */
	unsigned watchdog;    /* seconds that a worker may hang, 0: any */
	unsigned vain;	      /* workers that did not serve, since the last that did */
	unsigned hasty;	      /* that ended by themselves soon after they had begun, likewise */
	uint64_t begun;	      /* when the last was told to begin, ns monotonic */
	uint64_t stopped;     /* since when it is seen to be, 0: it is not */
	bool killed;	      /* by the watchdog */
	struct suspicion suspicion;
};

/* This very program is in force. The plan is the caller's to fill in before. -errno. */
int succession_init(struct succession *succession) MUST_CHECK;
void succession_done(struct succession *succession);

/* The first worker: started, so that it could begin; and told to. It says itself why it cannot. */
enum exit_code succession_start(struct succession *succession);
void succession_begin(struct succession *succession);

/* The worker has ended, with a status of wait(2): another one takes over, and is sent again what
 * the last one left unanswered. EXIT_DONE, or why none can. */
enum exit_code succession_replace(struct succession *succession, int status);

/* The mount is another supervisor's, which has died: what served it is ended, and a worker of this
 * version takes over. Results as above. */
enum exit_code succession_resume(struct succession *succession);

/* The installed version takes over from the worker that serves, which goes on if it cannot begin.
 */
void succession_upgrade(struct succession *succession);

/* Kill a worker that hangs: one that has had a request for too long, or that somebody stopped. To
 * be called now and then. */
void succession_watch(struct succession *succession);
