/*
 * The state that a worker leaves to its successor: every change of what only memory holds (inodes
 * the kernel knows, open handles with their drafts, scratch files, what is pending, values that can
 * be put back) goes to the journal as an event. What one request changes is published together with
 * the answer to it, before the answer is sent: a request that is sent again was either answered,
 * and the answer is here, or has changed nothing that only memory holds. What it may have changed
 * in the store is told by the intent, which is published before the store is asked. restore.h is
 * the other direction. One thread at a time: the session's lock is around every call.
 */
#pragma once

#include <sys/uio.h>

#include "fs/event.h"
#include "fs/handles.h"
#include "fs/journal.h"
#include "fs/tree.h"

struct state;

/* All are borrowed. Nothing is recorded before state_begin(). -ENOMEM. */
int state_new(struct tree *tree, struct handles *handles, struct journal *journal,
	      struct state_key *key, struct state **ret) MUST_CHECK;
/* Recording ends: what comes after is not the successor's to know. */
struct state *state_free(struct state *state);

/* From now on. `restored`: the journal holds already what is there. */
void state_begin(struct state *state, bool restored);

/* A request, of which 0 is none, is about to change the store by an entry of this time; and it is
 * not, after all: another may change the same before it does. */
void state_intend(struct state *state, uint64_t unique, size_t pin, uint64_t time);
void state_withdraw(struct state *state, uint64_t unique, size_t pin);

/* Publish what has changed; with the answer that is to be sent next, unless it is too long, or
 * `plain`: it holds what must not be kept. */
void state_publish(struct state *state);
void state_answer(struct state *state, uint64_t unique, const struct iovec *parts, int count,
		  bool plain);

/* A request is answered that is new: all that were sent again have been. */
void state_go_on(struct state *state);

/* The kernel is to be told that it forgets a name; see forget.h. */
void state_forget(struct state *state, uint64_t directory, const char *name);
