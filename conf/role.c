#include "conf/role.h"

#include <string.h>

#include "conf/words.h"

enum { ROLE_NAME_MAX = 32 };

static const struct {
	const char *name;
	enum permission permission;
} permissions[] = {
	{"roles", MAY_ROLES}, {"audit", MAY_AUDIT},	{"manage", MAY_MANAGE},
	{"list", MAY_LIST},   {"inherit", MAY_INHERIT}, {"use", MAY_USE},
};

static const struct {
	const char *name;
	unsigned permissions; /* which a role of that scope can have */
} scopes[] = {
	[SCOPE_ORGANISATION] = {"organisation", MAY_ROLES | MAY_AUDIT | MAY_MANAGE | MAY_LIST},
	[SCOPE_PROJECT] = {"project", MAY_MANAGE | MAY_INHERIT | MAY_USE},
};

static const struct {
	const char *name;
	enum role_scope scope;
	unsigned permissions;
} defaults[] = {
	{"owner", SCOPE_ORGANISATION, MAY_ROLES | MAY_AUDIT | MAY_MANAGE | MAY_LIST},
	{"admin", SCOPE_ORGANISATION, MAY_AUDIT | MAY_MANAGE | MAY_LIST},
	{"member", SCOPE_ORGANISATION, MAY_LIST},
	{"auditor", SCOPE_ORGANISATION, MAY_AUDIT | MAY_LIST},
	{"maintainer", SCOPE_PROJECT, MAY_INHERIT | MAY_MANAGE | MAY_USE},
	{"runner", SCOPE_PROJECT, MAY_USE},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

_Static_assert(COUNT(scopes) == SCOPE_PROJECT + 1, "each scope has its row");

void roles_done(struct roles *roles)
{
	for (size_t i = 0; i < roles->count; i++)
		free(roles->list[i].name);
	free(roles->list);
	*roles = (struct roles){0};
}

static struct role *roles_get(struct roles *roles, const char *name)
{
	for (size_t i = 0; i < roles->count; i++) {
		if (strcmp(roles->list[i].name, name) == 0)
			return &roles->list[i];
	}
	return NULL;
}

const struct role *roles_find(const struct roles *roles, enum role_scope scope, const char *name)
{
	for (size_t i = 0; i < roles->count; i++) {
		if (roles->list[i].scope == scope && strcmp(roles->list[i].name, name) == 0)
			return &roles->list[i];
	}
	return NULL;
}

static bool role_name_is_valid(const char *name)
{
	size_t length = strlen(name);

	return name[0] >= 'a' && name[0] <= 'z' && length <= ROLE_NAME_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static int roles_add(struct roles *roles, const char *name, struct role **ret)
{
	struct role *list;

	if (!role_name_is_valid(name))
		return -EINVAL;
	list = reallocarray(roles->list, roles->count + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	roles->list = list;
	list[roles->count] = (struct role){.name = strdup(name)};
	if (!list[roles->count].name)
		return -ENOMEM;
	*ret = &list[roles->count++];
	return 0;
}

int roles_default(struct roles *ret)
{
	CLEANUP(roles_done) struct roles roles = {0};

	for (size_t i = 0; i < COUNT(defaults); i++) {
		struct role *role;
		int r = roles_add(&roles, defaults[i].name, &role);

		if (r < 0)
			return r;
		role->scope = defaults[i].scope;
		role->permissions = defaults[i].permissions;
	}
	*ret = roles;
	roles = (struct roles){0};
	return 0;
}

static int permissions_parse(const char *text, unsigned *ret)
{
	CLEANUP_WORDS char **words = NULL;
	unsigned sum = 0;
	int r = words_split(text, ", \t", &words);

	if (r < 0)
		return r;
	for (char **word = words; *word; word++) {
		size_t i = 0;

		while (i < COUNT(permissions) && strcmp(permissions[i].name, *word) != 0)
			i++;
		if (i == COUNT(permissions))
			return -EINVAL;
		sum |= permissions[i].permission;
	}
	*ret = sum;
	return 0;
}

int roles_set_permissions(struct roles *roles, const char *name, const char *text)
{
	struct role *role = roles_get(roles, name);
	enum role_scope scope = role ? role->scope : SCOPE_ORGANISATION;
	unsigned sum;
	int r = permissions_parse(text, &sum);

	if (r < 0)
		return r;
	if (sum & ~scopes[scope].permissions)
		return -EINVAL;
	if (!role) {
		r = roles_add(roles, name, &role);
		if (r < 0)
			return r;
	}
	role->permissions = sum;
	return 0;
}

int roles_set_scope(struct roles *roles, const char *name, const char *text)
{
	struct role *role = roles_get(roles, name);
	size_t scope = 0;
	int r;

	while (scope < COUNT(scopes) && strcmp(scopes[scope].name, text) != 0)
		scope++;
	if (scope == COUNT(scopes))
		return -EINVAL;
	if (!role) {
		r = roles_add(roles, name, &role);
		if (r < 0)
			return r;
	}
	if (role->scope != (enum role_scope)scope)
		role->permissions = 0;
	role->scope = (enum role_scope)scope;
	return 0;
}
