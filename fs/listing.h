/*
 * A directory's listing as it was when the directory was opened, so that one reading sees one state
 * however long it takes. Plain values.
 */
#pragma once

#include "fs/node.h"
#include "store/cleanup.h"

struct listing_entry {
	char *name;
	struct node node;
	unsigned rank; /* lower ones come first; equal ones by name */
};

struct listing {
	struct listing_entry *list;
	size_t count;
};

void listing_done(struct listing *listing);

/* -ENOMEM. */
int listing_add(struct listing *listing, const char *name, const struct node *node,
		unsigned rank) MUST_CHECK;

void listing_sort(struct listing *listing);
