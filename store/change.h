/*
 * A change: what one edit does to an organisation, gathered first and committed as one signed entry
 * and one transaction (org_commit). It knows nothing of the organisation it will be applied to.
 * One thread at a time.
 */
#pragma once

#include "store/record.h"

struct change;

struct change_item {
	bool remove;
	struct record record; /* of a removal only the id counts */
};

struct change_value {
	struct record_id field;
	uint64_t version;
	const struct secret *value; /* borrowed; NULL: remove this version */
};

int change_new(struct change **ret) MUST_CHECK;
struct change *change_free(struct change *change);
DEFINE_CLEANUP(struct change, change_free);

/* Write the record, which is copied; a record put twice is written as the last time. `version` is
 * ignored. */
int change_put(struct change *change, const struct record *record) MUST_CHECK;

/* Remove the record; of a field also every version of its value. */
int change_remove(struct change *change, struct record_id id) MUST_CHECK;

/* Write one version of a field's value; `value` must live until the commit. */
int change_put_value(struct change *change, struct record_id field, uint64_t version,
		     const struct secret *value) MUST_CHECK;
int change_remove_value(struct change *change, struct record_id field, uint64_t version) MUST_CHECK;

bool change_is_empty(const struct change *change);
size_t change_items(const struct change *change, const struct change_item **ret);
size_t change_values(const struct change *change, const struct change_value **ret);

/* A random id for a new record. */
struct record_id record_id_new(void);
