/*
 * The session: one mount's conversation with the kernel. One thread receives requests into one
 * locked buffer and answers each under one lock; a second looks after what time changes (names of
 * users and groups, deleted bytes, signals). One thread serves faster than several here: they would
 * only hand over to each other.
 */
#pragma once

#include <pthread.h>

#include "fs/announcer.h"
#include "fs/connection.h"
#include "fs/flushes.h"
#include "fs/forget.h"
#include "fs/handles.h"
#include "fs/linger.h"
#include "fs/restore.h"
#include "fs/state.h"
#include "fs/tree.h"
#include "fs/signer.h"
#include "fs/waiters.h"

struct session {
	struct connection connection; /* first: it is what libfuse hands back */
	struct tree tree;
	struct handles *handles;
	struct fuse_session *fuse;
	struct forget *forget;
	struct waiters *waiters;
	struct signer *signer;
	struct announcer *announcer; /* NULL: watchers hear of what the kernel sees alone */
	pthread_mutex_t lock;	     /* around tree and handles */
	pthread_t tender;	     /* who calls tending_run(); takes SIGUSR2 */
	uint64_t unique;	     /* number of the request that is being answered */
	bool resent;		     /* another worker had it before */
	bool done;		     /* it was sent again, and has changed the store before */
	bool plain;		     /* its answer is not to be kept */
	uint64_t poll;		     /* what the kernel calls who it waits for */
	struct state_key *key;
	struct journal *journal;
	struct state *state;
	struct restored *restored; /* by another worker */
	bool handover;		   /* another worker goes on */
	bool cached;		   /* it is a read for the page cache */
	void *buffer;		   /* for requests: inbox.h */
	struct flushes flushes;	   /* the receiving thread's */
	struct linger linger;	   /* and this */
	size_t looked_at;	   /* organisations, of those pinned: see standing.h */
	int marks_trouble;	   /* how the last writing of marks ended: 0 or -errno */
};

/* `tree` is filled in up to what tree_init() makes, `key` and `buffer`, which is taken over;
 * `device` is /dev/fuse, closed with
 * the session; `shared` what outlives a worker. -EPERM when memory cannot be locked. */
int session_init(struct session *session, int device, int shared) MUST_CHECK;
void session_done(struct session *session);

/* Begin, or go on where another worker ended: once the device is mounted. -EPROTO as
 * connection_begin(). */
int session_begin(struct session *session) MUST_CHECK;

/* Serve until the mount is gone. Blocks; to be run in a thread of its own. -errno when the device
 * fails. */
int session_run(struct session *session) MUST_CHECK;

/* Ask session_run() to end; `thread` is the one that runs it. */
void session_stop(struct session *session, pthread_t thread);

/* Have it done soon. Any thread. */
void session_hurry(struct session *session);

/* It ends so that another worker goes on: what is kept for a while is left to it. */
void session_hand_over(struct session *session);
