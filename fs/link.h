/*
 * Links in a project: each is an inheritance, a relation between the project and an account of its
 * organisation, a data connection, or one of the accounts that this has. What readlink shows
 * follows from the relation: when the target is renamed the links follow, when it is deleted they
 * dangle for good. Calls of the table of kinds and of project.c.
 */
#pragma once

#include "fs/kind.h"

/* `../../ACCOUNT`, `../../users/NAME/ACCOUNT`, `../../connections/CONNECTION` or what is in one; or
 * `../../.deleted/NAME`, which never resolves. Of associations too. */
int link_content(struct tree *tree, const struct node *node, struct secret **ret,
		 uint64_t *ret_version);
int link_size(struct tree *tree, const struct node *node, uint64_t *ret);

/* A link whose target resolves, through another project's link too if the caller may look there, to
 * an account of the project's organisation, to a connection with one credential, or to one of a
 * connection's: -EINVAL for any other target; -E2BIG when a list could not hold the project's
 * users. Under the temporary name that ln uses to replace a link it grants nothing. */
int link_make(const struct edit *edit, const char *target);
int link_remove(const struct edit *edit, const struct node *child);
int link_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		const struct node *replaced);

/* The temporary name, and what is made under it. */
bool link_is_temporary(const char *name);
int link_make_pending(const struct edit *edit, struct record_id target) MUST_CHECK;
