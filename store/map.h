/*
 * The verified map of one organisation: which rows there are and what their digests must be, and
 * the root over all of them that every log entry signs. It is the fold of the log. Rows fall into
 * 256 buckets by the first byte of their id; a change hashes its bucket anew, not the whole.
 * One thread at a time.
 */
#pragma once

#include "store/cleanup.h"
#include "store/row.h"

struct map;

struct map_row {
	struct row_ref ref;
	struct digest digest;
};

int map_new(struct map **ret) MUST_CHECK;
struct map *map_free(struct map *map);
DEFINE_CLEANUP(struct map, map_free);

/* An item's row is found by id alone (one live version), a value's by id and version. NULL when
 * there is none; borrowed until the next change. */
const struct map_row *map_get(const struct map *map, enum row_table table, struct record_id id,
			      uint64_t version);

/* Add the row, or put it in the place of the item's former version. -ENOMEM. */
int map_put(struct map *map, const struct row_ref *ref, const struct digest *digest) MUST_CHECK;

/* Take the row out; nothing happens when there is none. */
void map_remove(struct map *map, enum row_table table, struct record_id id, uint64_t version);

size_t map_size(const struct map *map);

/* The root: BLAKE2b-256 over "credfs root v1" and the 256 bucket digests; a bucket's is BLAKE2b-256
 * over "credfs bucket v1" and its rows, sorted by table, id, version: table (8), id, version (64),
 * kind (32), epoch (32), relations, row digest. */
struct digest map_root(struct map *map);

/* All rows, sorted within their bucket: *cursor starts at 0; NULL at the end. */
const struct map_row *map_next(const struct map *map, uint64_t *cursor);

/* The versions held of one field's values, ascending: writes at most `max`, returns how many there
 * are. */
size_t map_value_versions(const struct map *map, struct record_id field, uint64_t *versions,
			  size_t max);
