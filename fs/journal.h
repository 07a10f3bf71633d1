/*
 * The journal: an append-only log of records in the memory that outlives a worker (shared.h). What
 * is put is published together, by one store, so that a worker may die at any instruction: its
 * successor finds all of it or nothing. A journal that has grown long is written anew into its
 * other half, and that is published by one store too. It does not know what its records mean. One
 * thread at a time.
 */
#pragma once

#include <stdbool.h>

#include "fs/shared.h"
#include "fs/state_key.h"

struct journal;

/* `shared` is mapped whole, and outlives the journal; `key` is borrowed. */
int journal_new(struct shared *shared, const struct state_key *key,
		struct journal **ret) MUST_CHECK;
struct journal *journal_free(struct journal *journal);
DEFINE_CLEANUP(struct journal, journal_free);

/* Every record that was published, in order. -EBADMSG when any is damaged, before `each` is called;
 * an error of `each` ends it. */
int journal_replay(const struct journal *journal,
		   int (*each)(void *context, unsigned kind, const uint8_t *bytes, size_t size),
		   void *context) MUST_CHECK;

/* A record of `size` bytes for the caller to fill, before anything else is called; NULL when there
 * is no room: then nothing is published any more. */
uint8_t *journal_put(struct journal *journal, unsigned kind, size_t size);

/* What follows the fixed part of a record. */
struct journal_tail {
	const void *bytes;
	size_t size;
};
#define NO_TAIL ((struct journal_tail){NULL, 0})

/* The same, filled with a copy of both parts, if there is room. */
void journal_append(struct journal *journal, unsigned kind, const void *fixed, size_t size,
		    struct journal_tail tail);

/* Whether something was put and not published. */
bool journal_is_open(const struct journal *journal);

/* Publish what was put; when there was no room for a part of it, nothing: the journal is empty. */
void journal_publish(struct journal *journal);

/* Whether it would be shorter if it were written anew. */
bool journal_is_long(const struct journal *journal);

/* Begin to write it anew, empty; journal_publish() puts the new one in place of the old. */
void journal_restart(struct journal *journal);
