#include <criterion/criterion.h>

#include "conf/role.h"

static struct roles defaults(void)
{
	struct roles roles = {0};

	cr_assert_eq(roles_default(&roles), 0);
	return roles;
}

Test(role, there_are_six)
{
	static const struct {
		const char *name;
		enum role_scope scope;
		unsigned permissions;
	} rows[] = {
		{"owner", SCOPE_ORGANISATION, MAY_ROLES | MAY_AUDIT | MAY_MANAGE | MAY_LIST},
		{"admin", SCOPE_ORGANISATION, MAY_AUDIT | MAY_MANAGE | MAY_LIST},
		{"member", SCOPE_ORGANISATION, MAY_LIST},
		{"auditor", SCOPE_ORGANISATION, MAY_AUDIT | MAY_LIST},
		{"maintainer", SCOPE_PROJECT, MAY_INHERIT | MAY_MANAGE | MAY_USE},
		{"runner", SCOPE_PROJECT, MAY_USE},
	};
	CLEANUP(roles_done) struct roles roles = defaults();

	cr_assert_eq(roles.count, 6);
	for (size_t i = 0; i < roles.count; i++) {
		const struct role *role = roles_find(&roles, rows[i].scope, rows[i].name);

		cr_assert(role, "%s", rows[i].name);
		cr_expect_eq(role, &roles.list[i]);
		cr_expect_eq(role->permissions, rows[i].permissions, "%s", rows[i].name);
		cr_expect_null(roles_find(&roles, !rows[i].scope, rows[i].name));
	}
	cr_expect_null(roles_find(&roles, SCOPE_ORGANISATION, "guest"));
}

Test(role, permissions_are_those_of_the_scope)
{
	static const struct {
		const char *name;
		const char *text;
		int result;
		unsigned permissions;
	} rows[] = {
		{"admin", "list", 0, MAY_LIST},
		{"admin", "roles, audit,manage\tlist list", 0,
		 MAY_ROLES | MAY_AUDIT | MAY_MANAGE | MAY_LIST},
		{"admin", "", 0, 0},
		{"admin", "inherit", -EINVAL, 0},
		{"admin", "list, use", -EINVAL, 0},
		{"admin", "read", -EINVAL, 0},
		{"admin", "List", -EINVAL, 0},
		{"runner", "manage inherit use", 0, MAY_MANAGE | MAY_INHERIT | MAY_USE},
		{"runner", "list", -EINVAL, 0},
		{"runner", "audit", -EINVAL, 0},
		{"runner", "roles", -EINVAL, 0},
		{"guest", "list", 0, MAY_LIST},
		{"a123456789012345678901234567890-", "list", 0, MAY_LIST},
		{"a12345678901234567890123456789012", "list", -EINVAL, 0},
		{"Guest", "list", -EINVAL, 0},
		{"1st", "list", -EINVAL, 0},
		{"-a", "list", -EINVAL, 0},
		{"a_b", "list", -EINVAL, 0},
		{"", "list", -EINVAL, 0},
		{"guest", "use", -EINVAL, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CLEANUP(roles_done) struct roles roles = defaults();
		const struct role *role;

		cr_expect_eq(roles_set_permissions(&roles, rows[i].name, rows[i].text),
			     rows[i].result, "%s = %s", rows[i].name, rows[i].text);
		if (rows[i].result < 0)
			continue;
		role = roles_find(&roles, SCOPE_ORGANISATION, rows[i].name);
		if (!role)
			role = roles_find(&roles, SCOPE_PROJECT, rows[i].name);
		cr_assert(role);
		cr_expect_eq(role->permissions, rows[i].permissions, "%s = %s", rows[i].name,
			     rows[i].text);
	}
}

Test(role, a_refused_change_changes_nothing)
{
	CLEANUP(roles_done) struct roles roles = defaults();

	cr_expect_eq(roles_set_permissions(&roles, "member", "list, use"), -EINVAL);
	cr_expect_eq(roles_find(&roles, SCOPE_ORGANISATION, "member")->permissions, MAY_LIST);
	cr_expect_eq(roles_set_scope(&roles, "member", "host"), -EINVAL);
	cr_expect_eq(roles_set_scope(&roles, "member", ""), -EINVAL);
	cr_expect_eq(roles_set_scope(&roles, "Guest", "project"), -EINVAL);
	cr_expect_eq(roles_set_permissions(&roles, "guest", "all"), -EINVAL);
	cr_expect_eq(roles.count, 6);
	cr_expect_eq(roles_find(&roles, SCOPE_ORGANISATION, "member")->permissions, MAY_LIST);
}

Test(role, another_scope_takes_the_permissions_away)
{
	CLEANUP(roles_done) struct roles roles = defaults();

	cr_expect_eq(roles_set_scope(&roles, "admin", "organisation"), 0);
	cr_expect_eq(roles_find(&roles, SCOPE_ORGANISATION, "admin")->permissions,
		     MAY_AUDIT | MAY_MANAGE | MAY_LIST);
	cr_expect_eq(roles_set_scope(&roles, "admin", "project"), 0);
	cr_expect_null(roles_find(&roles, SCOPE_ORGANISATION, "admin"));
	cr_expect_eq(roles_find(&roles, SCOPE_PROJECT, "admin")->permissions, 0);
	cr_expect_eq(roles_set_permissions(&roles, "admin", "use"), 0);
	cr_expect_eq(roles_find(&roles, SCOPE_PROJECT, "admin")->permissions, MAY_USE);

	cr_expect_eq(roles_set_scope(&roles, "deployer", "project"), 0);
	cr_expect_eq(roles_find(&roles, SCOPE_PROJECT, "deployer")->permissions, 0);
}
