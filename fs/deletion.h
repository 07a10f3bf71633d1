/*
 * Deleting an account, a connection or an association for good, with all that it has. The links
 * that lead to it dangle from then on, and keep only its name: nothing that comes later under that
 * name is theirs. Makes changes only; the caller commits.
 */
#pragma once

#include "fs/tree.h"

/* Whether fields with a value are left, which must have gone before. */
bool deletion_leaves_fields(const struct org *org, struct record_id id);

/* Put the removal of the record and of all that it has into the change. What its users associated
 * with a connection goes with the connection, or with their account. */
int deletion_put(struct change *change, const struct org *org,
		 const struct record *record) MUST_CHECK;

/* Mark the account as orphaned if it has no association but this one, which goes. */
int deletion_put_orphan(struct change *change, const struct org *org, const struct record *account,
			const struct record *association) MUST_CHECK;

/* Of an association alone: marks its account as orphaned if it was the last. */
int deletion_put_association(struct change *change, const struct org *org,
			     const struct record *association) MUST_CHECK;
