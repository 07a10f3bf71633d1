/*
 * Grants: which permissions each principal has on a node, gathered from the organisation's roles
 * and, for accounts, from those of the projects that inherit them. One entry a principal.
 */
#pragma once

#include "fs/tree.h"

/* A right that follows from others: to pass through a directory on the way to a project. */
enum { MAY_PASS = 1 << 6, PERMISSIONS = 7 };

struct grant {
	struct principal principal;
	unsigned permissions;
};

struct grants {
	struct grant *list;
	size_t count;
};

void grants_done(struct grants *grants);
#define CLEANUP_GRANTS CLEANUP(grants_done)

/* -ENOMEM. The caller owns `ret`. */
int grants_of(struct tree *tree, const struct org *org, const struct node *node,
	      struct grants *ret) MUST_CHECK;

/* What a change of roles or links would do to the largest lists. `principals` (may be NULL) would
 * replace those of `role` in `scope`; `heir`, `account` and `connection` (zero: none) are a link to
 * be made, and what it leads to. Without `heir` the account is to be associated with the
 * connection, in the place of `association` (zero: of none). */
struct grants_change {
	struct record_id scope;
	const char *role;
	const struct principals *principals;
	struct record_id heir;
	struct record_id account;
	struct record_id connection;
	struct record_id association;
};

/* -E2BIG when a list would no longer fit: an organisation's names more than ACL_NAMED_MAX in all,
 * or an account's more than ACL_PROJECTS_MAX from projects. -ENOMEM. */
int grants_check(struct tree *tree, const struct org *org,
		 const struct grants_change *change) MUST_CHECK;

enum { ACL_PROJECTS_MAX = 400 };
