/*
 * /orgs: the organisations pinned on this host. Everybody may pass; each caller sees those in which
 * he holds a role. Calls of the table of kinds.
 */
#pragma once

#include "fs/kind.h"

int orgs_lookup(struct tree *tree, const struct node *directory, const char *name,
		const struct caller *caller, struct node *ret);
int orgs_list(struct tree *tree, const struct node *directory, const struct caller *caller,
	      struct listing *ret);
int orgs_make_directory(const struct edit *edit);
int orgs_remove(const struct edit *edit, const struct node *child);
int orgs_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		const struct node *replaced);
