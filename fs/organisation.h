/*
 * The directory of an organisation: roles/, projects/ and its accounts. Calls of the table of
 * kinds.
 */
#pragma once

#include "fs/kind.h"

int org_dir_lookup(struct tree *tree, const struct node *directory, const char *name,
		   const struct caller *caller, struct node *ret);
int org_dir_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		 struct listing *ret);
uint64_t org_dir_updated(struct tree *tree, const struct node *node);
int org_dir_make_directory(const struct edit *edit);
int org_dir_remove(const struct edit *edit, const struct node *child);
int org_dir_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		   const struct node *replaced);
