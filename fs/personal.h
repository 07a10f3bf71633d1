/*
 * Users' own accounts: users/ of an organisation, where each member may make a directory of his
 * name, and in it accounts, which the mount gives to him alone. Whose they are is the name of the
 * directory's record, as the name service of the host knows it, and only while he is a member.
 * Calls of the table of kinds.
 */
#pragma once

#include "fs/kind.h"

int users_lookup(struct tree *tree, const struct node *directory, const char *name,
		 const struct caller *caller, struct node *ret);
/* The caller's own directory; root sees all. */
int users_list(struct tree *tree, const struct node *directory, const struct caller *caller,
	       struct listing *ret);
/* -EACCES for a name that is not the caller's own. */
int users_make_directory(const struct edit *edit);
int users_remove(const struct edit *edit, const struct node *child);

int user_lookup(struct tree *tree, const struct node *directory, const char *name,
		const struct caller *caller, struct node *ret);
int user_list(struct tree *tree, const struct node *directory, const struct caller *caller,
	      struct listing *ret);
int user_make_directory(const struct edit *edit);
int user_remove(const struct edit *edit, const struct node *child);
int user_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		const struct node *replaced);
