/*
 * Roles: named sets of permissions with a scope. The configuration defines them ([role NAME]
 * sections change or add to the built-in six); an organisation binds principals to them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "store/cleanup.h"

enum permission {
	MAY_ROLES = 1 << 0,   /* change who holds the organisation's roles */
	MAY_AUDIT = 1 << 1,   /* read the audit log */
	MAY_MANAGE = 1 << 2,  /* view and change credentials */
	MAY_LIST = 1 << 3,    /* see which accounts there are */
	MAY_INHERIT = 1 << 4, /* opt a project in to an account of the organisation */
	MAY_USE = 1 << 5,     /* read what a project has */
};

enum role_scope { SCOPE_ORGANISATION, SCOPE_PROJECT };

struct role {
	char *name;
	enum role_scope scope;
	unsigned permissions;
};

struct roles {
	struct role *list;
	size_t count;
};

/* The defaults: owner, admin, member, auditor; maintainer, runner. */
int roles_default(struct roles *ret) MUST_CHECK;
void roles_done(struct roles *roles);

/* NULL when there is none of that name in that scope. */
const struct role *roles_find(const struct roles *roles, enum role_scope scope, const char *name);

/* Set one role's permissions from `manage, list` or its scope from `project`, adding it when it is
 * new (scope organisation, no permissions). Another scope takes the permissions away: set them
 * after it. -EINVAL for a permission or scope that does not exist, a name that is not
 * [a-z][a-z0-9-]{0,31}, or a permission that the scope cannot have (organisation: roles, audit,
 * manage, list; project: manage, inherit, use). */
int roles_set_permissions(struct roles *roles, const char *name, const char *text) MUST_CHECK;
int roles_set_scope(struct roles *roles, const char *name, const char *text) MUST_CHECK;
