/*
 * Values that were just removed: what a tool that replaces a file by removing and creating it would
 * lose if the new value were refused. For some seconds the value can be put back; then it is gone,
 * or history. Bounded; in memory, the values themselves stay sealed in the store. One thread at a
 * time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "store/id.h"

enum { TOMBSTONES = 256, TOMBSTONE_SECONDS = 10 };

struct tombstone {
	size_t pin;
	struct record_id field;
	uid_t uid; /* who removed it */
	uint64_t version;
	uint64_t size;
	uint64_t updated; /* when the value was written, ns since 1970 */
	uint64_t removed; /* ns, monotonic; 0: vacant */
};

struct tombstones {
	struct tombstone list[TOMBSTONES];
};

/* False when there is no room: then the value cannot be put back. */
bool tombstones_put(struct tombstones *tombstones, const struct tombstone *tombstone);

/* The user's own, while it is fresh at `now`; NULL. */
const struct tombstone *tombstones_find(const struct tombstones *tombstones, struct record_id field,
					uid_t uid, uint64_t now);

void tombstones_drop(struct tombstones *tombstones, struct record_id field);

/* Take one that is no longer fresh at `now`; false when there is none. */
bool tombstones_take_expired(struct tombstones *tombstones, uint64_t now, struct tombstone *ret);
