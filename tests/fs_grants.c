#include "fs/grants.h"

#include <criterion/criterion.h>
#include <string.h>

#include "fs/acl.h"
#include "tests/acme.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct grants_change no_change = {.role = NULL};

static struct org *org_of(struct fixture *fixture)
{
	struct org *org = NULL;

	cr_assert_eq(store_org(fixture->store, 0, &org), 0);
	return org;
}

static unsigned granted(struct fixture *fixture, const char *path, const char *user)
{
	const struct node node = view_node(fixture, path);
	CLEANUP_GRANTS struct grants grants = {0};
	unsigned permissions = 0;
	size_t found = 0;

	cr_assert_eq(grants_of(&fixture->tree, org_of(fixture), &node, &grants), 0);
	for (size_t i = 0; i < grants.count; i++) {
		if (!grants.list[i].principal.group &&
		    strcmp(grants.list[i].principal.name, user) == 0) {
			permissions = grants.list[i].permissions;
			found++;
		}
	}
	cr_expect_leq(found, 1, "%s has %zu entries in %s", user, found, path);
	return permissions;
}

static const struct {
	const char *path;
	const char *user;
	unsigned expected;
} table[] = {
	{ACME, "daemon", MAY_ROLES | MAY_AUDIT | MAY_MANAGE | MAY_LIST},
	{ACME, "bin", MAY_AUDIT | MAY_MANAGE | MAY_LIST},
	{ACME, "man", MAY_PASS},
	{ACME, "www-data", MAY_PASS},
	{ACME, "nobody", 0},
	{ACME "/projects", "www-data", MAY_PASS},
	{ACME "/roles/owner", "www-data", 0},
	{ETL, "man", MAY_MANAGE | MAY_INHERIT | MAY_USE},
	{ETL, "www-data", MAY_USE},
	{ETL, "bin", MAY_AUDIT | MAY_MANAGE | MAY_LIST},
	/* Who holds a project's roles is the organisation's business. */
	{ETL "/roles", "man", MAY_INHERIT | MAY_USE},
	{ETL "/roles/runner", "man", MAY_INHERIT | MAY_USE},
	{OWN, "man", MAY_MANAGE | MAY_USE},
	{OWN "/api_key", "man", MAY_MANAGE | MAY_USE},
	{OWN "/admin_key", "www-data", MAY_USE},
	{OWN "/.history/api_key", "man", MAY_MANAGE | MAY_USE},
	/* A link passes on the use of an account, and nothing else. */
	{OPENAI, "man", MAY_USE},
	{OPENAI "/.status", "man", MAY_USE},
	{KEY, "www-data", MAY_USE},
	/* And of no field that the catalogue withholds. */
	{OPENAI "/admin_key", "man", 0},
	{OPENAI "/admin_key", "www-data", 0},
	{OPENAI "/admin_key", "bin", MAY_AUDIT | MAY_MANAGE | MAY_LIST},
	{ACME "/unlinked", "man", 0},
	{ACME "/unlinked/api_key", "www-data", 0},
};

Test(grants, each_node_has_those_of_its_organisation_and_of_its_projects)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (size_t i = 0; i < COUNT(table); i++) {
		const unsigned permissions = granted(&fixture, table[i].path, table[i].user);

		cr_expect_eq(permissions, table[i].expected, "%s, %s: %#x", table[i].path,
			     table[i].user, permissions);
	}
}

Test(grants, one_principal_has_one_entry_that_adds_up)
{
	static const char *const principals[ACME_NOBODY] = {"user:backup", "user:backup",
							    "user:backup", "user:backup",
							    "user:backup", "user:backup"};
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	acme_give(&fixture, principals);
	cr_expect_eq(granted(&fixture, ACME, "backup"),
		     MAY_ROLES | MAY_AUDIT | MAY_MANAGE | MAY_LIST | MAY_PASS);
	cr_expect_eq(granted(&fixture, KEY, "backup"),
		     MAY_ROLES | MAY_AUDIT | MAY_MANAGE | MAY_LIST | MAY_USE);
}

Test(grants, a_user_and_a_group_of_one_name_are_two)
{
	static const char *const principals[ACME_NOBODY] = {"user:daemon", "group:games",
							    "user:games",  "user:sys",
							    "user:man",	   "user:www-data"};
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	acme_give(&fixture, principals);
	cr_expect_eq(granted(&fixture, ACME, "games"), MAY_LIST);
}

/* Another version may write lists that this one cannot read. */
Test(grants, a_list_that_cannot_be_read_grants_nothing)
{
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_RECORD struct record role = {0};
	CLEANUP_FIXTURE struct fixture fixture;
	const struct record *old;

	acme_init(&fixture, "");
	old = org_child(org_of(&fixture), (struct record_id){{0}}, RECORD_ROLE, "admin");
	cr_assert_not_null(old);
	cr_assert_eq(record_copy(old, &role), 0);
	free(role.text);
	role.text = strdup("user:bin\nhost:build-7\n");
	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(change_put(change, &role), 0);
	cr_assert_eq(org_commit(org_of(&fixture), change), 0);
	cr_expect_eq(granted(&fixture, ACME, "bin"), 0);
	cr_expect_eq(granted(&fixture, ACME, "daemon"),
		     MAY_ROLES | MAY_AUDIT | MAY_MANAGE | MAY_LIST);
	cr_expect_eq(grants_check(&fixture.tree, org_of(&fixture), &no_change), 0);
}

/* `count` lines, from user:PREFIX000 on. */
static struct principals names(const char *prefix, unsigned count)
{
	struct principals principals = {calloc(count, sizeof(struct principal)), count};

	cr_assert_not_null(principals.list);
	for (size_t i = 0; i < count; i++)
		cr_assert_geq(asprintf(&principals.list[i].name, "%s%03zu", prefix, i), 0);
	return principals;
}

static int check_role(struct fixture *fixture, const char *scope, const char *role,
		      const struct principals *principals)
{
	const struct grants_change change = {
		.scope = view_node(fixture, scope).id, .role = role, .principals = principals};

	return grants_check(&fixture->tree, org_of(fixture), &change);
}

static int check_link(struct fixture *fixture, const char *project, const char *account)
{
	const struct grants_change change = {.heir = view_node(fixture, project).id,
					     .account = view_node(fixture, account).id};

	return grants_check(&fixture->tree, org_of(fixture), &change);
}

/* daemon, sys, games, man and www-data are there beside the admins; root needs no entry. */
Test(grants, an_organisation_names_507_at_most)
{
	CLEANUP_PRINCIPALS struct principals fit = names("x-", ACL_NAMED_MAX - 5);
	CLEANUP_PRINCIPALS struct principals too_many = names("x-", ACL_NAMED_MAX - 4);
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_expect_eq(check_role(&fixture, ACME, "admin", &fit), 0);
	cr_expect_eq(check_role(&fixture, ACME, "admin", &too_many), -E2BIG);
	cr_expect_eq(check_role(&fixture, ACME, "no-such-role", &too_many), 0);
}

Test(grants, one_name_in_several_roles_counts_once)
{
	CLEANUP_PRINCIPALS struct principals same = names("x-", 400);
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_assert_eq(acme_crowd(&fixture, ACME "/roles/member", "x-", 400), 0);
	cr_expect_eq(check_role(&fixture, ACME, "admin", &same), 0);
}

Test(grants, an_account_takes_400_names_from_its_projects)
{
	CLEANUP_PRINCIPALS struct principals fit = names("x-", ACL_PROJECTS_MAX - 1);
	CLEANUP_PRINCIPALS struct principals too_many = names("x-", ACL_PROJECTS_MAX);
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_expect_eq(check_role(&fixture, ETL, "runner", &fit), 0, "with the maintainer: 400");
	cr_expect_eq(check_role(&fixture, ETL, "runner", &too_many), -E2BIG);
	cr_assert_eq(fixture_remove(&fixture, ETL "/openai", &fixture_root), 0);
	cr_expect_eq(check_role(&fixture, ETL, "runner", &too_many), 0, "nothing is inherited");
}

Test(grants, the_projects_of_an_account_are_counted_together)
{
	static const char *const others[] = {ACME "/projects/a", ACME "/projects/b"};
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (size_t i = 0; i < COUNT(others); i++)
		cr_assert_eq(fixture_make(&fixture, others[i], &fixture_root), 0);
	cr_assert_eq(acme_crowd(&fixture, ACME "/projects/a/roles/runner", "x-", 200), 0);
	cr_assert_eq(acme_crowd(&fixture, ACME "/projects/b/roles/runner", "x-", 198), 0);
	cr_assert_eq(fixture_link(&fixture, "../../openai", ACME "/projects/a/o", &fixture_root),
		     0);
	cr_expect_eq(check_link(&fixture, others[1], OPENAI), 0, "the same names");
	cr_assert_eq(acme_crowd(&fixture, ACME "/projects/b/roles/runner", "y-", 198), 0);
	cr_expect_eq(check_link(&fixture, others[1], OPENAI), 0, "400 in all");
	cr_assert_eq(acme_crowd(&fixture, ACME "/projects/b/roles/runner", "y-", 199), 0);
	cr_expect_eq(check_link(&fixture, others[1], OPENAI), -E2BIG);
	cr_expect_eq(check_link(&fixture, others[1], ACME "/unlinked"), 0);
}
