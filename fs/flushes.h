/*
 * Closes that wait to be committed together (batch.h). When one has come, whatever else the kernel
 * has waiting is taken first, because others who write may be closing too: reads are answered
 * meanwhile, and see what is committed. One who writes alone waits for nobody. The receiving thread
 * alone.
 */
#pragma once

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>

#include "fs/batch.h"

struct session;

struct flush {
	fuse_req_t request;
	uint64_t unique; /* its number */
	uint64_t handle;
	uint64_t owner; /* of the locks, by which the kernel tells descriptors */
};

struct flushes {
	struct flush list[BATCH_MAX];
	size_t count;
	uint64_t patience; /* ns that a commit took, the last time */
};

/* Have a close wait, which will be answered; false: it is not for waiting. */
bool flushes_put(struct session *session, const struct flush *flush, struct draft *draft);

/* Take what else is to come with what waits: `receive` takes one request and answers it, and
 * returns what fuse_session_receive_buf() does. */
void flushes_gather(struct session *session, int (*receive)(struct session *session));

/* Commit and answer all that wait. */
void flushes_commit(struct session *session);
