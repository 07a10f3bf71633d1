/*
 * Values that were just removed: what a tool that replaces a file by removing and creating it would
 * lose if the new value were refused. For some seconds, and for as long as somebody is writing what
 * takes its place, the value can be put back; then it is gone, or history. Bounded; in memory, the
 * values themselves stay sealed in the store. One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "store/id.h"

enum { TOMBSTONES = 256, TOMBSTONE_SECONDS = 10 };

/* Who removed it is not known any more: whoever may. */
#define TOMBSTONE_ANYBODY ((uid_t)-1)

struct tombstone {
	size_t pin;
	struct record_id field;
	uid_t uid; /* who removed it */
	uint64_t version;
	uint64_t size;
	uint64_t updated; /* when the value was written, ns since 1970 */
	uint64_t removed; /* ns, monotonic; 0: vacant */
	unsigned holders; /* open handles that write what takes its place */
};

struct tombstones {
	struct tombstone list[TOMBSTONES];
	uint64_t changes; /* rises with each */
};

/* False when there is no room: then the value cannot be put back. */
bool tombstones_put(struct tombstones *tombstones, const struct tombstone *tombstone);

/* Whether the field has one, of whomever, fresh or not. */
bool tombstones_is_buried(struct tombstones *tombstones, struct record_id field);

/* The user's own, while it is fresh at `now` or held; NULL. */
const struct tombstone *tombstones_find(const struct tombstones *tombstones, struct record_id field,
					uid_t uid, uint64_t now);

void tombstones_drop(struct tombstones *tombstones, struct record_id field);

/* Hold what tombstones_find() would find until it is released: how long a value takes to be written
 * is nobody's to say. False when there is nothing. */
bool tombstones_hold(struct tombstones *tombstones, struct record_id field, uid_t uid,
		     uint64_t now);
/* The same for who held it in another worker, fresh or not. */
void tombstones_hold_again(struct tombstones *tombstones, struct record_id field);
void tombstones_release(struct tombstones *tombstones, struct record_id field);

/* Take one that is neither fresh at `now` nor held, at UINT64_MAX any; false when there is none. */
bool tombstones_take_expired(struct tombstones *tombstones, uint64_t now, struct tombstone *ret);
