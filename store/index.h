/*
 * The index of an organisation's records: by id, by name under their parent, as children of a
 * record and as heirs of an account. It owns the records. A record whose parent does not exist is
 * found by its id alone. Every step is logarithmic in the number of records, whatever ids and names
 * their writers chose. One thread at a time.
 */
#pragma once

#include "store/record.h"

struct index;

int index_new(struct index **ret) MUST_CHECK;
struct index *index_free(struct index *index);
DEFINE_CLEANUP(struct index, index_free);

/* Move the record in, in the place of the one with its id; it is sound (rule.h). On -ENOMEM the
 * index may have lost that one, and is good for nothing but index_free(). */
int index_put(struct index *index, struct record *record) MUST_CHECK;

/* Free the record with this id, if there is one. */
void index_remove(struct index *index, struct record_id id);

/* These borrow, until the next change of the index; NULL when there is none. Of several children
 * with one name the one with the lowest id is found. */
const struct record *index_get(const struct index *index, struct record_id id);
const struct record *index_child(const struct index *index, struct record_id parent,
				 enum record_kind kind, const char *name);
const struct record *index_next_child(const struct index *index, struct record_id parent,
				      const struct record *previous);
const struct record *index_next_heir(const struct index *index, struct record_id account,
				     const struct record *previous);
