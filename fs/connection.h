/*
 * The connection to the kernel that workers hand on to each other: libfuse is given the first
 * request again, which the supervisor keeps, and what it answers is compared with what the first
 * worker answered; from then on it reads requests and writes answers as if it had begun itself.
 */
#pragma once

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>
#include <stdbool.h>

#include "fs/shared.h"

struct connection {
	int device;
	struct shared *shared;
	bool beginning;			 /* answers are kept, not sent */
	struct shared_message answer;	 /* while beginning */
	void (*answering)(void *context, /* before an answer to a request is sent, by the */
			  const struct iovec *parts, int count); /* thread that handles it */
	void *context;
};

/* Have libfuse read and write here; `connection` is its user data's first member. The device is
 * closed with `fuse`. -errno. */
int connection_attach(struct connection *connection, struct fuse_session *fuse) MUST_CHECK;

/* Whether to wait for a request that is not there yet, as it does from the beginning, or to say
 * -EAGAIN. */
void connection_set_waiting(struct connection *connection, bool waiting);

/* Begin, or go on where another worker began. -EPROTO when this one would agree with the kernel on
 * something else. */
int connection_begin(struct connection *connection, struct fuse_session *fuse) MUST_CHECK;

/* Send the answer to a request that another worker made; `unique` is the number that the request
 * has now. */
void connection_answer(struct connection *connection, uint64_t unique,
		       const struct shared_message *answer);

/* Answer a request with -errno without anybody having handled it. */
void connection_refuse(struct connection *connection, uint64_t unique, int error);

/* Wake who waits in poll(2) for a change; `poll` is what the kernel calls him. */
void connection_wake(void *connection, uint64_t poll);
