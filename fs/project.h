/*
 * projects/ and the projects in it: a project's own accounts, its roles, and the links by which it
 * inherits accounts of the organisation. Calls of the table of kinds.
 */
#pragma once

#include "fs/kind.h"

int projects_lookup(struct tree *tree, const struct node *directory, const char *name,
		    const struct caller *caller, struct node *ret);
int projects_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		  struct listing *ret);
int projects_make_directory(const struct edit *edit);
int projects_remove(const struct edit *edit, const struct node *child);
int projects_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		    const struct node *replaced);

int project_lookup(struct tree *tree, const struct node *directory, const char *name,
		   const struct caller *caller, struct node *ret);
int project_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		 struct listing *ret);
int project_make_directory(const struct edit *edit);
int project_make_link(const struct edit *edit, const char *target);
int project_remove(const struct edit *edit, const struct node *child);
int project_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		   const struct node *replaced);

/* When the record of a project, a link or a role was last changed. */
uint64_t project_updated(struct tree *tree, const struct node *node);
