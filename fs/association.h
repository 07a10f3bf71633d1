/*
 * Associations: the links in a connection's directory, each a relation between the connection and
 * an account that is used with it. Those with accounts of the organisation are its managers', and
 * are what projects use; one with an account of a user's own is that user's, and there is no such
 * name for anybody else. What readlink shows is link.h's. Calls of data_connection.c.
 */
#pragma once

#include "fs/kind.h"

/* The association of that name that the caller may see, his own before the organisation's; NULL. */
const struct record *association_find(struct tree *tree, const struct org *org,
				      const struct node *directory, const char *name,
				      const struct caller *caller);

/* List those that the caller may see. */
int association_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		     struct listing *ret) MUST_CHECK;

/* -EINVAL for a target that is no account of the organisation or of the caller's own, and for the
 * name of a field that connections have; -EEXIST when the name is taken, or the account is
 * associated already; -EBUSY when a project links the connection as a whole, which would leave open
 * which of two credentials it uses; -E2BIG when a list could not hold the projects' users. */
int association_make(const struct edit *edit, const char *target);
int association_remove(const struct edit *edit, const struct node *child);
/* Within its directory: one that takes the place of another by ln -sfn is what projects that have
 * chosen that one use from then on. */
int association_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		       const struct node *replaced);
