/*
 * An account: a directory with `provider`, the fields that are set, and what describes it, in an
 * organisation or a project. Calls of the table of kinds, and what the directories above share.
 */
#pragma once

#include "fs/kind.h"

int account_lookup(struct tree *tree, const struct node *directory, const char *name,
		   const struct caller *caller, struct node *ret);
int account_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		 struct listing *ret);
/* When anything of the account last changed. */
uint64_t account_updated(struct tree *tree, const struct node *node);

/* Make one under `parent` (zero: the organisation). The caller was checked. */
int account_make(const struct edit *edit, struct record_id parent);
/* Remove one that has no fields left: for good, history included. */
int account_remove(const struct edit *edit, const struct node *child);
/* Rename within its directory. */
int account_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		   const struct node *replaced);

/* In the account's directory: create, remove, rename a field. */
int account_make_file(const struct edit *edit, struct node *ret);
int account_remove_file(const struct edit *edit, const struct node *child);
int account_rename_file(const struct edit *edit, const struct node *child, const struct edit *to,
			const struct node *replaced);
