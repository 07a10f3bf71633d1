/*
 * Requests that a worker had taken and not, or perhaps not, answered when it died; the kernel sends
 * them again. What it had intended may be done; what it had answered is answered so again. There
 * are several, because closes wait for each other. Plain values.
 */
#pragma once

#include "fs/batch.h"
#include "fs/event.h"
#include "fs/shared.h"
#include "fs/tree.h"

/* Those that wait, and one that does not. */
enum { OUTSTANDING_MAX = BATCH_MAX + 1 };

struct outstanding {
	struct outstanding_intent {
		struct event_intent event;
		bool done;	    /* outstanding_judge() */
	} intents[OUTSTANDING_MAX]; /* the oldest first */
	size_t intended;
	struct outstanding_answer {
		uint64_t unique; /* 0: none */
		struct shared_message message;
	} answers[OUTSTANDING_MAX];
	size_t answered; /* how many there ever were */
};

/* As the journal tells them, in order: what is intended again counts as the last time, and what was
 * answered is not intended any more. */
void outstanding_intend(struct outstanding *outstanding, const struct event_intent *event);
void outstanding_answer(struct outstanding *outstanding, uint64_t unique, const uint8_t *bytes,
			size_t size);

/* Find out what of it is done, before anything else is: later it cannot be told. What is not is
 * withdrawn. */
void outstanding_judge(struct outstanding *outstanding, struct tree *tree,
		       void (*withdraw)(void *context, const struct event_intent *event),
		       void *context);

/* The answer to the request with this number; NULL. */
const struct shared_message *outstanding_find(const struct outstanding *outstanding,
					      uint64_t unique);

/* What was intended for it and is done; NULL. */
const struct event_intent *outstanding_done(const struct outstanding *outstanding, uint64_t unique);
