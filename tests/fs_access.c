#include "fs/access.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/acme.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define USE "use/acme/etl"

/* What each role is worth on each kind of node, in the order of enum acme_role. */
static const struct {
	const char *path;
	const char *cells[ACME_ROLES];
} table[] = {
	{"orgs/acme", {"rwx", "rwx", "r-x", "r-x", "--x", "--x", "---"}},
	{"orgs/acme/roles", {"rwx", "rwx", "r-x", "r-x", "---", "---", "---"}},
	{"orgs/acme/roles/owner", {"rw-", "r--", "r--", "r--", "---", "---", "---"}},
	{"orgs/acme/roles/admin", {"rw-", "r--", "r--", "r--", "---", "---", "---"}},
	{"orgs/acme/projects", {"rwx", "rwx", "r-x", "r-x", "--x", "--x", "---"}},
	{ETL, {"rwx", "rwx", "r-x", "r-x", "rwx", "r-x", "---"}},
	{ETL "/roles", {"rwx", "rwx", "r-x", "r-x", "r-x", "r-x", "---"}},
	{ETL "/roles/runner", {"rw-", "rw-", "r--", "r--", "r--", "r--", "---"}},
	{OPENAI, {"rwx", "rwx", "rwx", "rwx", "rwx", "rwx", "---"}},
	{OPENAI "/provider", {"rw-", "rw-", "r--", "r--", "r--", "r--", "---"}},
	{OPENAI "/api_base", {"rw-", "rw-", "r--", "r--", "r--", "r--", "---"}},
	{OPENAI "/api_key", {"rw-", "rw-", "---", "---", "r--", "r--", "---"}},
	{OPENAI "/admin_key", {"rw-", "rw-", "---", "---", "---", "---", "---"}},
	{OPENAI "/.info", {"r--", "r--", "r--", "r--", "r--", "r--", "---"}},
	{OPENAI "/.status", {"r--", "r--", "---", "---", "---", "---", "---"}},
	{OPENAI "/.history", {"r-x", "r-x", "---", "---", "---", "---", "---"}},
	{OPENAI "/.history/api_key", {"r-x", "r-x", "---", "---", "---", "---", "---"}},
	{OPENAI "/.history/api_key/1", {"r--", "r--", "---", "---", "---", "---", "---"}},
	{ACME "/unlinked", {"rwx", "rwx", "rwx", "rwx", "---", "---", "---"}},
	{ACME "/unlinked/provider", {"rw-", "rw-", "r--", "r--", "---", "---", "---"}},
	{ACME "/unlinked/api_key", {"rw-", "rw-", "---", "---", "---", "---", "---"}},
	{ACME "/unlinked/.info", {"r--", "r--", "r--", "r--", "---", "---", "---"}},
	{OWN, {"rwx", "rwx", "rwx", "rwx", "rwx", "rwx", "---"}},
	{OWN "/provider", {"rw-", "rw-", "r--", "r--", "rw-", "r--", "---"}},
	{OWN "/api_base", {"rw-", "rw-", "r--", "r--", "rw-", "r--", "---"}},
	{OWN "/api_key", {"rw-", "rw-", "---", "---", "rw-", "r--", "---"}},
	{OWN "/admin_key", {"rw-", "rw-", "---", "---", "rw-", "r--", "---"}},
	{OWN "/.info", {"r--", "r--", "r--", "r--", "r--", "r--", "---"}},
	{OWN "/.status", {"r--", "r--", "---", "---", "r--", "---", "---"}},
	{OWN "/.history", {"r-x", "r-x", "---", "---", "r-x", "---", "---"}},
	{"use/acme", {"r-x", "r-x", "r-x", "r-x", "--x", "--x", "---"}},
	{USE, {"r-x", "r-x", "r-x", "r-x", "r-x", "r-x", "---"}},
	{USE "/.status", {"r--", "r--", "---", "---", "r--", "r--", "---"}},
	{USE "/openai", {"r-x", "r-x", "r-x", "r-x", "r-x", "r-x", "---"}},
	{USE "/openai/provider", {"r--", "r--", "r--", "r--", "r--", "r--", "---"}},
	{USE "/openai/api_base", {"r--", "r--", "r--", "r--", "r--", "r--", "---"}},
	{USE "/openai/api_key", {"r--", "r--", "---", "---", "r--", "r--", "---"}},
	{USE "/openai/env", {"r--", "r--", "---", "---", "r--", "r--", "---"}},
	{USE "/own/admin_key", {"r--", "r--", "---", "---", "r--", "r--", "---"}},
};

/* Groups that every Debian has; nobody needs to be in them. */
static const struct {
	const char *principal;
	gid_t gid;
} groups[ACME_NOBODY] = {
	{"group:adm", 4},   {"group:tty", 5},	   {"group:disk", 6},
	{"group:kmem", 15}, {"group:dialout", 20}, {"group:voice", 22},
};

static void give_to_groups(struct fixture *fixture)
{
	const char *principals[ACME_NOBODY];

	for (size_t i = 0; i < ACME_NOBODY; i++)
		principals[i] = groups[i].principal;
	acme_give(fixture, principals);
}

static void expect_column(struct fixture *fixture, enum acme_role role, const struct caller *caller)
{
	for (size_t i = 0; i < COUNT(table); i++) {
		const struct view_bits bits = view_bits(fixture, table[i].path, caller);

		cr_expect_str_eq(bits.text, table[i].cells[role], "%s, %s: %s", table[i].path,
				 acme_role_name(role), bits.text);
	}
}

Test(access, a_user_has_what_his_role_permits)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (enum acme_role role = 0; role < ACME_ROLES; role++) {
		const struct caller caller = acme_holder(role);

		expect_column(&fixture, role, &caller);
	}
}

Test(access, a_member_of_a_group_has_what_the_groups_role_permits)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	give_to_groups(&fixture);
	for (enum acme_role role = 0; role < ACME_NOBODY; role++) {
		const struct caller caller = {
			.uid = 54321, .gid = groups[role].gid, .pid = 1, .groups_known = true};

		expect_column(&fixture, role, &caller);
	}
}

Test(access, supplementary_groups_count)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	give_to_groups(&fixture);
	for (enum acme_role role = 0; role < ACME_NOBODY; role++) {
		gid_t supplementary[] = {54321, groups[role].gid};
		const struct caller caller = {54321, 54321, 1, supplementary, 2, true};

		expect_column(&fixture, role, &caller);
	}
}

Test(access, groups_that_cannot_be_read_give_no_right)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	give_to_groups(&fixture);
	for (enum acme_role role = 0; role < ACME_NOBODY; role++) {
		gid_t supplementary[] = {groups[role].gid};
		const struct caller caller = {54321, groups[role].gid, 0, supplementary, 1, false};

		expect_column(&fixture, ACME_NOBODY, &caller);
	}
}

Test(access, a_user_needs_no_groups_for_a_role_of_his_own)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (enum acme_role role = 0; role < ACME_ROLES; role++) {
		struct caller caller = acme_holder(role);

		caller.groups_known = false;
		expect_column(&fixture, role, &caller);
	}
}

Test(access, root_passes_everywhere)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (size_t i = 0; i < COUNT(table); i++) {
		const struct view_bits bits = view_bits(&fixture, table[i].path, &fixture_root);

		cr_expect_str_eq(bits.text, "rwx", "%s", table[i].path);
	}
}

Test(access, the_kernels_list_of_users_says_the_same)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	/* With one runner alone the files in use/ are his, and have no list. */
	cr_assert_eq(fixture_put(&fixture, ETL "/roles/runner",
				 "user:www-data\nuser:nobody-of-this-host\n"),
		     0);
	for (size_t i = 0; i < COUNT(table); i++) {
		for (enum acme_role role = 0; role < ACME_ROLES; role++) {
			const struct caller caller = acme_holder(role);
			const struct view_bits bits =
				view_entry(&fixture, table[i].path, false, caller.uid);

			cr_expect_str_eq(bits.text, table[i].cells[role], "%s, %s: %s",
					 table[i].path, acme_role_name(role), bits.text);
		}
	}
}

Test(access, the_kernels_list_of_groups_says_the_same)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	give_to_groups(&fixture);
	for (size_t i = 0; i < COUNT(table); i++) {
		for (enum acme_role role = 0; role < ACME_NOBODY; role++) {
			const struct view_bits bits =
				view_entry(&fixture, table[i].path, true, groups[role].gid);

			cr_expect_str_eq(bits.text, table[i].cells[role], "%s, %s: %s",
					 table[i].path, acme_role_name(role), bits.text);
		}
	}
}

/* The kernel judges a named user by his own entry alone. */
Test(access, two_roles_are_worth_the_sum_of_both)
{
	static const char *const principals[ACME_NOBODY] = {
		"user:daemon", "group:www-data", "group:games",
		"user:nobody", "user:man",	 "user:www-data",
	};
	static const struct {
		const char *path;
		const char *expected;
	} sums[] = {{ACME, "rwx"}, {KEY, "rw-"}, {ETL, "rwx"}};
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller caller = fixture_caller("www-data");

	acme_init(&fixture, "");
	acme_give(&fixture, principals);
	for (size_t i = 0; i < COUNT(sums); i++) {
		cr_expect_str_eq(view_bits(&fixture, sums[i].path, &caller).text, sums[i].expected,
				 "%s", sums[i].path);
		cr_expect_str_eq(view_entry(&fixture, sums[i].path, false, caller.uid).text,
				 sums[i].expected, "%s", sums[i].path);
	}
}

Test(access, a_name_that_is_unknown_here_matches_nobody)
{
	static const char *const principals[ACME_NOBODY] = {
		"user:no-such-user",   "group:no-such-group", "user:no-such-user",
		"group:no-such-group", "user:no-such-user",   "group:no-such-group",
	};
	static const struct caller callers[] = {
		{.uid = 54321, .gid = 0, .groups_known = true},
		{.uid = (uid_t)-1, .gid = (gid_t)-1, .groups_known = true},
		{.uid = 65523, .gid = 65523, .groups_known = true},
	};
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	acme_give(&fixture, principals);
	for (size_t i = 0; i < COUNT(callers); i++)
		expect_column(&fixture, ACME_NOBODY, &callers[i]);
}

#define SINGLE_ROLES                                                    \
	"[role r-roles]\nscope = organisation\npermissions = roles\n"   \
	"[role r-audit]\nscope = organisation\npermissions = audit\n"   \
	"[role r-manage]\nscope = organisation\npermissions = manage\n" \
	"[role r-nothing]\nscope = organisation\npermissions =\n"       \
	"[role p-manage]\nscope = project\npermissions = manage\n"      \
	"[role p-inherit]\nscope = project\npermissions = inherit\n"

static const char *const single_roles[] = {ACME "/roles/r-roles",  ACME "/roles/r-audit",
					   ACME "/roles/r-manage", ACME "/roles/r-nothing",
					   ETL "/roles/p-manage",  ETL "/roles/p-inherit"};

static const struct {
	const char *path;
	const char *cells[COUNT(single_roles)];
} single_table[] = {
	{ACME, {"r-x", "--x", "rwx", "---", "--x", "--x"}},
	{ACME "/roles", {"rwx", "---", "rwx", "---", "---", "---"}},
	{ACME "/roles/owner", {"rw-", "---", "r--", "---", "---", "---"}},
	{ACME "/projects", {"r-x", "---", "rwx", "---", "--x", "--x"}},
	{ETL, {"r-x", "---", "rwx", "---", "rwx", "rwx"}},
	{ETL "/roles/runner", {"rw-", "---", "rw-", "---", "---", "r--"}},
	{OPENAI, {"---", "---", "rwx", "---", "---", "---"}},
	{KEY, {"---", "---", "rw-", "---", "---", "---"}},
	{OPENAI "/.info", {"---", "---", "r--", "---", "---", "---"}},
	{OWN, {"---", "---", "rwx", "---", "rwx", "---"}},
	{OWN "/api_key", {"---", "---", "rw-", "---", "rw-", "---"}},
	{OWN "/.status", {"---", "---", "r--", "---", "r--", "---"}},
};

Test(access, a_configured_role_has_the_permissions_it_was_given)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller caller = fixture_caller("backup");

	acme_init(&fixture, SINGLE_ROLES);
	for (size_t role = 0; role < COUNT(single_roles); role++) {
		cr_assert_eq(fixture_put(&fixture, single_roles[role], "user:root\nuser:backup\n"),
			     0);
		for (size_t i = 0; i < COUNT(single_table); i++)
			cr_expect_str_eq(view_bits(&fixture, single_table[i].path, &caller).text,
					 single_table[i].cells[role], "%s, %s",
					 single_table[i].path, single_roles[role]);
		cr_assert_eq(fixture_put(&fixture, single_roles[role], "user:root\n"), 0);
	}
}

Test(access, one_of_several_permissions_is_enough)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller maintainer = acme_holder(ACME_MAINTAINER);
	const struct caller nobody = acme_holder(ACME_NOBODY);
	struct node project;
	struct node account;

	acme_init(&fixture, "");
	project = view_node(&fixture, ETL);
	account = view_node(&fixture, OPENAI);
	cr_expect_eq(access_need(&fixture.tree, &project, &maintainer, MAY_ROLES | MAY_INHERIT), 0);
	cr_expect_eq(access_need(&fixture.tree, &project, &maintainer, MAY_ROLES | MAY_AUDIT),
		     -EACCES);
	cr_expect_eq(access_need(&fixture.tree, &account, &maintainer, MAY_MANAGE), -EACCES);
	cr_expect_eq(access_need(&fixture.tree, &account, &nobody, ~0u), -EACCES);
	cr_expect_eq(access_need(&fixture.tree, &account, &fixture_root, MAY_MANAGE), 0);
}

Test(access, whoever_holds_a_role_is_a_member)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node org;

	acme_init(&fixture, "");
	org = view_node(&fixture, ACME);
	for (enum acme_role role = 0; role < ACME_ROLES; role++) {
		const struct caller caller = acme_holder(role);

		cr_expect_eq(access_is_member(&fixture.tree, &org, &caller), role != ACME_NOBODY,
			     "%s", acme_role_name(role));
	}
}

static const struct {
	struct caller caller;
	int expected;
} admins[] = {
	{{.uid = 0}, 0},
	{{.uid = 1, .gid = 1, .groups_known = true}, 0},
	{{.uid = 1, .gid = 1, .groups_known = false}, 0},
	{{.uid = 54321, .gid = 60, .groups_known = true}, 0},
	{{.uid = 54321, .gid = 60, .groups_known = false}, -EACCES},
	{{.uid = 2, .gid = 2, .groups_known = true}, -EACCES},
};

Test(access, the_configuration_names_the_stores_admins)
{
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_init(&fixture, "admins = user:daemon, group:games, user:no-such-user\n");
	for (size_t i = 0; i < COUNT(admins); i++)
		cr_expect_eq(access_admin(&fixture.tree, &admins[i].caller), admins[i].expected,
			     "%zu", i);
	cr_expect_str_eq(view_entry(&fixture, "orgs", false, 1).text, "rwx");
	cr_expect_str_eq(view_entry(&fixture, "orgs", true, 60).text, "rwx");
	cr_expect_str_eq(view_entry(&fixture, "orgs", false, 2).text, "---");
	cr_expect_str_eq(view_entry(&fixture, "providers", false, 1).text, "---");
}

static const struct {
	const char *path;
	const char *expected;
} outside[] = {
	{"", "r-x"},	    {"orgs", "r-x"}, {"providers", "r-x"}, {"providers/openai", "r--"},
	{".status", "---"},
};

Test(access, what_lies_in_no_organisation_is_for_all_to_see_but_the_daemons_own_state)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller nobody = fixture_caller("nobody");

	fixture_init(&fixture, "");
	for (size_t i = 0; i < COUNT(outside); i++) {
		cr_expect_str_eq(view_bits(&fixture, outside[i].path, &nobody).text,
				 outside[i].expected, "%s", outside[i].path);
		cr_expect_str_eq(view_bits(&fixture, outside[i].path, &fixture_root).text, "rwx",
				 "%s", outside[i].path);
	}
}

Test(access, to_read_and_write_takes_both_bits)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);
	struct node key;

	acme_init(&fixture, "");
	key = view_node(&fixture, KEY);
	cr_expect_eq(access_bits(&fixture.tree, &key, &runner, 4), 0);
	cr_expect_eq(access_bits(&fixture.tree, &key, &runner, 6), -EACCES);
}

Test(access, the_kernels_list_follows_a_change_of_roles)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_expect_str_eq(view_entry(&fixture, ACME, false, 2).text, "rwx");
	view_know(&fixture, ACME);
	cr_expect_str_eq(view_entry(&fixture, ACME, false, 2).text, "rwx");
	cr_assert_eq(fixture_put(&fixture, ACME "/roles/admin", "user:backup\n"), 0);
	cr_expect_str_eq(view_entry(&fixture, ACME, false, 2).text, "---");
	cr_expect_str_eq(view_entry(&fixture, ACME, false, 34).text, "rwx");
}

Test(access, an_organisation_that_cannot_be_read_lets_nobody_in)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct node org = {.kind = NODE_ORG, .pin = 0};
	const struct caller owner = acme_holder(ACME_OWNER);

	acme_init(&fixture, "");
	fixture_tamper(&fixture, "UPDATE log SET entry = zeroblob(length(entry)) WHERE gen = 1");
	cr_expect_eq(access_need(&fixture.tree, &org, &owner, MAY_MANAGE), -EIO);
	cr_expect_eq(access_bits(&fixture.tree, &org, &owner, 4), -EIO);
	cr_expect_eq(access_bits(&fixture.tree, &org, &fixture_root, 4), -EIO);
	cr_expect_not(access_is_member(&fixture.tree, &org, &owner));
}

Test(access, a_copy_of_a_caller_has_groups_of_its_own)
{
	gid_t groups_of_his[] = {4, 5};
	const struct caller caller = {54321, 60, 7, groups_of_his, 2, true};
	CLEANUP_CALLER struct caller copy = {0};

	cr_assert_eq(caller_copy(&caller, &copy), 0);
	groups_of_his[1] = 6;
	cr_expect_eq(copy.uid, 54321);
	cr_expect_eq(copy.gid, 60);
	cr_expect_eq(copy.pid, 7);
	cr_expect_eq(copy.group_count, 2);
	cr_expect_eq(copy.groups[1], 5);
	cr_expect(copy.groups_known);
}

Test(access, the_user_database_knows_a_users_groups)
{
	CLEANUP_CALLER struct caller games = {.uid = 5};
	CLEANUP_CALLER struct caller stranger = {.uid = 54321};

	cr_assert_eq(caller_groups_from_database(&games), 0);
	cr_expect(games.groups_known);
	cr_assert_geq(games.group_count, 1);
	cr_expect_eq(games.groups[0], 60);
	cr_expect_eq(caller_groups_from_database(&stranger), -ENOENT);
	cr_expect_not(stranger.groups_known);
}
