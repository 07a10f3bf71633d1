/*
 * The ground: everything that the tree of a worker stands on, and what the worker has given up
 * before. It begins as root, which it takes to read the configuration, to lock memory and to start
 * the toucher; then it is a user without privileges, confined, and only then is there a secret.
 */
#pragma once

#include "conf/provider.h"
#include "fs/announcer.h"
#include "fs/daemon.h"
#include "fs/exit.h"
#include "fs/owner.h"
#include "fs/state_key.h"
#include "store/store.h"

struct ground {
	struct secret_pool *pool;
	struct catalogue *catalogue;
	struct store *store;
	struct state_key *key; /* for what a successor is left */
	struct owner owner;
	struct announcer *announcer;
	void *inbox;	   /* for requests */
	char *confinement; /* what was given up, in words */
};

/* The identity is read from its descriptor (worker.h). A worker that is to follow one that serves
 * waits for its turn before it opens the store. Says on stderr what went wrong. */
enum exit_code ground_init(const struct daemon_options *options, struct ground *ground) MUST_CHECK;
void ground_done(struct ground *ground);
