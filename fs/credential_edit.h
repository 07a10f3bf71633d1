/*
 * What is done with a field as a whole: taking its value away, putting it back, erasing it, moving
 * it.
 */
#pragma once

#include "fs/target.h"

int credential_clear(const struct edit *edit, const struct node *child);

/* Put back the value that was removed to make room for one that was refused. */
int credential_restore(const struct save *save, const struct target *target,
		       const struct tombstone *tombstone) MUST_CHECK;

/* Erase a value that was removed and not put back, if no history is kept. */
void credential_erase(struct tree *tree, const struct tombstone *tombstone);

/* Move the value to another field of the organisation, `place`, where it must be acceptable. */
int credential_move(const struct edit *edit, const struct node *child, const struct edit *to,
		    const struct node *place);
