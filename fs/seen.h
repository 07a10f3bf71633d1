/*
 * What the journal was told last of the small tables that nobody watches: what is pending, values
 * that can be put back, places that were vacated, and organisations. Each counts its changes, so
 * that one comparison finds that there is nothing to tell. One thread at a time.
 */
#pragma once

#include "fs/journal.h"
#include "fs/tree.h"

struct seen {
	struct vacancies vacancies;
	struct tombstones tombstones;
	uint64_t pendings;
	uint64_t org_changes;
	struct tree_org *orgs;
	size_t org_count;
};

/* Put what is not as it was told last. */
void seen_compare(struct seen *seen, struct tree *tree, struct journal *journal);

/* From now on nothing was told. */
void seen_forget(struct seen *seen);

void seen_done(struct seen *seen);
