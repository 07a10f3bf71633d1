#include "fs/association.h"

#include <criterion/criterion.h>
#include <string.h>

#include "fs/data_connection.h"
#include "tests/acme.h"
#include "tests/names.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define PASSWORD WAREHOUSE_LOGIN "/password"
#define SECOND ACME "/second"
#define MINE PERSONAL "/mine"
#define TEMPORARY WAREHOUSE "/CuAb12Cd"
#define WHOLE "../../connections/warehouse"

/* A second account of the organisation, one of the member's own, and a second connection. */
static void begin(struct fixture *fixture)
{
	const struct caller member = acme_holder(ACME_MEMBER);

	acme_connect(fixture);
	cr_assert_eq(fixture_make(fixture, SECOND, &fixture_root), 0);
	cr_assert_eq(fixture_put(fixture, SECOND "/password", "p2\n"), 0);
	cr_assert_eq(fixture_make(fixture, PERSONAL, &member), 0);
	cr_assert_eq(fixture_make(fixture, MINE, &member), 0);
	cr_assert_eq(fixture_make(fixture, CONNECTIONS "/lake", &fixture_root), 0);
	cr_assert_eq(fixture_make(fixture, "orgs/rival", &fixture_root), 0);
	cr_assert_eq(fixture_make(fixture, "orgs/rival/openai", &fixture_root), 0);
}

static void expect_bits(struct fixture *fixture, const char *path, enum acme_role role,
			const char *expected)
{
	const struct caller caller = acme_holder(role);

	cr_expect_str_eq(view_bits(fixture, path, &caller).text, expected, "%s, %s", path,
			 acme_role_name(role));
}

static const struct {
	const char *target;
	const char *shown; /* NULL: refused */
} targets[] = {
	{"../../second", "../../second"},
	{"../../second/", "../../second"},
	{"../lake/../../second", "../../second"},
	{"/creds/orgs/acme/second", "../../second"},
	{"../../users/sys/mine", "../../users/sys/mine"},
	{"../../projects/etl/openai", "../../openai"},
	{"", NULL},
	{".", NULL},
	{"..", NULL},
	{"../lake", NULL},
	{"url", NULL},
	{"warehouse-login", NULL},
	{"../../nothing", NULL},
	{"../../second/password", NULL},
	{"../../projects/etl/own", NULL},
	{"../../projects/etl", NULL},
	{"../../users", NULL},
	{"../../users/sys", NULL},
	{"../../users/sys/nothing", NULL},
	{"../../roles/owner", NULL},
	{"../../../rival/openai", NULL},
	{"../../../../providers/login", NULL},
	{"/etc/passwd", NULL},
};

Test(association, leads_to_an_account_of_the_organisation_or_of_a_user)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	for (size_t i = 0; i < COUNT(targets); i++) {
		const int r =
			fixture_link(&fixture, targets[i].target, WAREHOUSE "/x", &fixture_root);

		cr_expect_eq(r, targets[i].shown ? 0 : -EINVAL, "%s: %d", targets[i].target, r);
		if (r < 0)
			continue;
		view_expect(&fixture, WAREHOUSE "/x", targets[i].shown);
		cr_assert_eq(fixture_remove(&fixture, WAREHOUSE "/x", &fixture_root), 0);
	}
}

Test(association, has_a_name_that_no_field_of_connections_has)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node directory, node;

	begin(&fixture);
	directory = view_node(&fixture, CONNECTIONS "/lake");
	for (size_t i = 0; i < NAMES; i++) {
		const struct edit edit = {&fixture.tree, &fixture_root, &directory, names[i].name};
		const bool own = strcmp(names[i].name, "provider") == 0;
		const int r = association_make(&edit, "../../second");

		cr_expect_eq(r, own ? -EINVAL : names[i].expected, "%zu, \"%s\": %d", i,
			     names[i].name, r);
		if (r < 0)
			continue;
		cr_assert_eq(kind_of(&directory)
				     ->lookup(&fixture.tree, &directory, names[i].name,
					      &fixture_root, &node),
			     0);
		cr_assert_eq(association_remove(&edit, &node), 0);
	}
	cr_expect_eq(fixture_link(&fixture, "../../second", WAREHOUSE "/host", &fixture_root),
		     -EINVAL);
	cr_expect_eq(fixture_link(&fixture, "../../second", WAREHOUSE "/url", &fixture_root),
		     -EINVAL);
}

static const struct {
	enum acme_role role;
	int expected;
} makers[] = {
	{ACME_OWNER, 0},
	{ACME_ADMIN, 0},
	{ACME_MEMBER, -EACCES},
	{ACME_AUDITOR, -EACCES},
	{ACME_MAINTAINER, -EACCES},
	{ACME_RUNNER, -EACCES},
	{ACME_NOBODY, -EACCES},
};

Test(association, with_an_account_of_the_organisation_is_the_managers)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	for (size_t i = 0; i < COUNT(makers); i++) {
		const struct caller caller = acme_holder(makers[i].role);
		const int expected = makers[i].expected;
		const char *name = acme_role_name(makers[i].role);

		cr_expect_eq(fixture_link(&fixture, "../../second", WAREHOUSE "/x", &caller),
			     expected, "%s", name);
		cr_expect_eq(fixture_link(&fixture, "../../second", TEMPORARY, &caller), expected,
			     "%s", name);
		if (expected < 0)
			cr_assert_eq(fixture_link(&fixture, "../../second", WAREHOUSE "/x",
						  &fixture_root),
				     0);
		cr_expect_eq(fixture_rename(&fixture, WAREHOUSE "/x", WAREHOUSE "/y", &caller),
			     expected, "%s", name);
		if (expected < 0)
			cr_assert_eq(fixture_rename(&fixture, WAREHOUSE "/x", WAREHOUSE "/y",
						    &fixture_root),
				     0);
		cr_expect_eq(fixture_remove(&fixture, WAREHOUSE "/y", &caller), expected, "%s",
			     name);
		if (expected < 0)
			cr_assert_eq(fixture_remove(&fixture, WAREHOUSE "/y", &fixture_root), 0);
	}
}

Test(association, of_an_account_is_made_once_in_a_connection_and_in_many)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	cr_expect_eq(fixture_link(&fixture, "../../warehouse-login", ASSOCIATED, &fixture_root),
		     -EEXIST);
	cr_expect_eq(fixture_link(&fixture, "../../second", ASSOCIATED, &fixture_root), -EEXIST);
	cr_expect_eq(
		fixture_link(&fixture, "../../warehouse-login", WAREHOUSE "/again", &fixture_root),
		-EEXIST);
	cr_expect_eq(fixture_link(&fixture, "../../warehouse-login", CONNECTIONS "/lake/login",
				  &fixture_root),
		     0);
	view_expect_part(&fixture, WAREHOUSE_LOGIN "/.status", "used-by: connections/warehouse\n");
	view_expect_part(&fixture, WAREHOUSE_LOGIN "/.status", "used-by: connections/lake\n");
}

Test(association, gives_the_account_to_the_projects_that_use_the_connection)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	cr_assert_eq(fixture_link(&fixture, WHOLE, ETL "/data", &fixture_root), 0);
	expect_bits(&fixture, PASSWORD, ACME_RUNNER, "r--");
	expect_bits(&fixture, PASSWORD, ACME_MEMBER, "---");
	cr_assert_eq(fixture_remove(&fixture, ASSOCIATED, &fixture_root), 0);
	expect_bits(&fixture, PASSWORD, ACME_RUNNER, "---");
	expect_bits(&fixture, WAREHOUSE "/url", ACME_RUNNER, "r--");
	cr_assert_eq(fixture_link(&fixture, "../../second", WAREHOUSE "/x", &fixture_root), 0);
	expect_bits(&fixture, SECOND "/password", ACME_RUNNER, "r--");
	expect_bits(&fixture, PASSWORD, ACME_RUNNER, "---");
}

Test(association, a_second_one_is_refused_while_a_project_links_the_connection_as_a_whole)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	cr_assert_eq(fixture_link(&fixture, WHOLE, ETL "/data", &fixture_root), 0);
	cr_expect_eq(fixture_link(&fixture, "../../second", WAREHOUSE "/x", &fixture_root), -EBUSY);
	cr_assert_eq(fixture_link(&fixture, "../../second", TEMPORARY, &fixture_root), 0);
	cr_expect_eq(fixture_rename(&fixture, TEMPORARY, WAREHOUSE "/x", &fixture_root), -EBUSY);
	cr_assert_eq(fixture_remove(&fixture, ETL "/data", &fixture_root), 0);
	cr_expect_eq(fixture_link(&fixture, "../../second", WAREHOUSE "/x", &fixture_root), 0);
}

Test(association, of_several_the_project_chooses_one)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	cr_assert_eq(fixture_link(&fixture, "../../second", WAREHOUSE "/x", &fixture_root), 0);
	cr_expect_eq(fixture_link(&fixture, WHOLE, ETL "/data", &fixture_root), -EINVAL);
	cr_assert_eq(fixture_link(&fixture, WHOLE "/x", ETL "/data", &fixture_root), 0);
	view_expect(&fixture, ETL "/data", WHOLE "/x");
	expect_bits(&fixture, SECOND "/password", ACME_RUNNER, "r--");
	expect_bits(&fixture, PASSWORD, ACME_RUNNER, "---");
	expect_bits(&fixture, WAREHOUSE "/url", ACME_RUNNER, "r--");
	cr_assert_eq(fixture_rename(&fixture, WAREHOUSE "/x", WAREHOUSE "/y", &fixture_root), 0);
	view_expect(&fixture, ETL "/data", WHOLE "/y");
	expect_bits(&fixture, SECOND "/password", ACME_RUNNER, "r--");
	cr_assert_eq(fixture_remove(&fixture, WAREHOUSE "/y", &fixture_root), 0);
	view_expect(&fixture, ETL "/data", "../../.deleted/y");
	expect_bits(&fixture, SECOND "/password", ACME_RUNNER, "---");
	expect_bits(&fixture, WAREHOUSE "/url", ACME_RUNNER, "---");
}

Test(association, with_another_account_in_its_place_goes_on_for_who_has_chosen_it)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	cr_assert_eq(fixture_link(&fixture, WHOLE "/warehouse-login", ETL "/one", &fixture_root),
		     0);
	cr_assert_eq(fixture_link(&fixture, WHOLE, ETL "/whole", &fixture_root), 0);
	cr_assert_eq(fixture_link(&fixture, "../../second", TEMPORARY, &fixture_root), 0);
	cr_assert_eq(fixture_rename(&fixture, TEMPORARY, ASSOCIATED, &fixture_root), 0);
	view_expect(&fixture, ASSOCIATED, "../../second");
	view_expect(&fixture, ETL "/one", WHOLE "/warehouse-login");
	expect_bits(&fixture, SECOND "/password", ACME_RUNNER, "r--");
	expect_bits(&fixture, PASSWORD, ACME_RUNNER, "---");
	view_expect_part(&fixture, WAREHOUSE_LOGIN "/.status", "orphan: since 20");
}

Test(association, that_was_the_last_leaves_the_account_and_says_that_it_is_orphaned)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	cr_assert_eq(fixture_link(&fixture, "../../warehouse-login", CONNECTIONS "/lake/login",
				  &fixture_root),
		     0);
	cr_assert_eq(fixture_remove(&fixture, ASSOCIATED, &fixture_root), 0);
	view_expect_no_part(&fixture, WAREHOUSE_LOGIN "/.status", "orphan");
	acme_remove_whole(&fixture, CONNECTIONS "/lake");
	view_expect_part(&fixture, WAREHOUSE_LOGIN "/.status", "orphan: since 20");
	fixture_restart(&fixture);
	view_expect_part(&fixture, WAREHOUSE_LOGIN "/.status", "orphan: since 20");
	view_expect(&fixture, PASSWORD, "p1");
	cr_assert_eq(fixture_link(&fixture, "../../warehouse-login", ETL "/login", &fixture_root),
		     0);
	view_expect_no_part(&fixture, WAREHOUSE_LOGIN "/.status", "orphan");
	cr_assert_eq(fixture_remove(&fixture, ETL "/login", &fixture_root), 0);
	cr_assert_eq(fixture_link(&fixture, "../../warehouse-login", ASSOCIATED, &fixture_root), 0);
	view_expect_no_part(&fixture, WAREHOUSE_LOGIN "/.status", "orphan");
	view_expect_no_part(&fixture, SECOND "/.status", "orphan");
}

Test(association, dangles_when_its_account_is_gone)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	cr_assert_eq(fixture_link(&fixture, WHOLE, ETL "/data", &fixture_root), 0);
	acme_remove_whole(&fixture, WAREHOUSE_LOGIN);
	view_expect(&fixture, ASSOCIATED, "../../.deleted/warehouse-login");
	view_expect(&fixture, ETL "/data", WHOLE);
	cr_assert_eq(fixture_make(&fixture, WAREHOUSE_LOGIN, &fixture_root), 0);
	view_expect(&fixture, ASSOCIATED, "../../.deleted/warehouse-login");
	expect_bits(&fixture, WAREHOUSE_LOGIN, ACME_RUNNER, "---");
	/* It does not count as a credential. */
	cr_expect_eq(fixture_link(&fixture, "../../second", WAREHOUSE "/x", &fixture_root), 0);
	expect_bits(&fixture, SECOND "/password", ACME_RUNNER, "r--");
}

Test(association, follows_its_account_to_its_new_name)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	cr_assert_eq(fixture_rename(&fixture, WAREHOUSE_LOGIN, ACME "/renamed", &fixture_root), 0);
	view_expect(&fixture, ASSOCIATED, "../../renamed");
	cr_assert_eq(fixture_link(&fixture, "../../users/sys/mine", WAREHOUSE "/x", &fixture_root),
		     0);
	cr_assert_eq(fixture_rename(&fixture, MINE, PERSONAL "/ours", &fixture_root), 0);
	view_expect(&fixture, WAREHOUSE "/x", "../../users/sys/ours");
}

Test(association, with_a_users_own_account_is_there_for_him_alone)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller member = acme_holder(ACME_MEMBER);
	const struct caller admin = acme_holder(ACME_ADMIN);
	const struct caller runner = acme_holder(ACME_RUNNER);
	struct node directory, node;

	begin(&fixture);
	cr_assert_eq(fixture_link(&fixture, WHOLE, ETL "/data", &fixture_root), 0);
	cr_expect_eq(fixture_link(&fixture, "../../users/sys/mine", WAREHOUSE "/mine", &admin),
		     -EINVAL, "he may not look there");
	cr_expect_eq(fixture_link(&fixture, "../../users/sys/mine", WAREHOUSE "/mine", &member), 0,
		     "it is none that a project might mean");
	view_expect_list(&fixture, WAREHOUSE, &member, "url mine warehouse-login");
	view_expect_list(&fixture, WAREHOUSE, &admin, "url warehouse-login");
	view_expect_list(&fixture, WAREHOUSE, &runner, "url warehouse-login");
	directory = view_node(&fixture, WAREHOUSE);
	cr_expect_eq(data_connection_lookup(&fixture.tree, &directory, "mine", &member, &node), 0);
	cr_expect_eq(data_connection_lookup(&fixture.tree, &directory, "mine", &admin, &node),
		     -ENOENT);
	cr_expect_eq(fixture_link(&fixture, WHOLE "/mine", ETL "/mine", &fixture_root), -EINVAL);
	view_expect_no_part(&fixture, WAREHOUSE "/.info", "mine");
	expect_bits(&fixture, MINE, ACME_RUNNER, "---");
	expect_bits(&fixture, MINE, ACME_ADMIN, "---");
	expect_bits(&fixture, MINE, ACME_MEMBER, "rwx");
}

Test(association, of_a_user_may_have_the_name_of_one_of_the_organisations)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller member = acme_holder(ACME_MEMBER);
	const struct caller auditor = acme_holder(ACME_AUDITOR);
	struct node directory, hers, ours;
	struct edit edit;

	begin(&fixture);
	cr_assert_eq(fixture_link(&fixture, "../../users/sys/mine", ASSOCIATED, &member), 0);
	directory = view_node(&fixture, WAREHOUSE);
	cr_assert_eq(data_connection_lookup(&fixture.tree, &directory, "warehouse-login", &member,
					    &hers),
		     0);
	cr_assert_eq(data_connection_lookup(&fixture.tree, &directory, "warehouse-login", &auditor,
					    &ours),
		     0);
	cr_expect_not(node_equal(&hers, &ours));
	view_expect_list(&fixture, WAREHOUSE, &member, "url warehouse-login");
	edit = (struct edit){&fixture.tree, &member, &directory, "warehouse-login"};
	cr_expect_eq(association_remove(&edit, &ours), -EACCES);
	cr_expect_eq(association_remove(&edit, &hers), 0);
	view_expect(&fixture, ASSOCIATED, "../../warehouse-login");
}

Test(association, of_a_user_goes_with_his_account_or_the_connection)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller member = acme_holder(ACME_MEMBER);
	const struct caller admin = acme_holder(ACME_ADMIN);

	begin(&fixture);
	cr_assert_eq(fixture_link(&fixture, "../../users/sys/mine", WAREHOUSE "/mine", &member), 0);
	cr_assert_eq(
		fixture_link(&fixture, "../../users/sys/mine", CONNECTIONS "/lake/mine", &member),
		0);
	cr_expect_eq(fixture_remove(&fixture, CONNECTIONS "/lake", &admin), 0, "he sees nothing");
	cr_expect_eq(fixture_remove(&fixture, MINE, &member), 0);
	view_expect_list(&fixture, WAREHOUSE, &fixture_root, "url warehouse-login");
}

Test(association, is_refused_when_a_list_could_not_hold_the_projects_users)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	cr_assert_eq(fixture_link(&fixture, WHOLE, ETL "/data", &fixture_root), 0);
	cr_assert_eq(fixture_remove(&fixture, ASSOCIATED, &fixture_root), 0);
	cr_assert_eq(fixture_remove(&fixture, ETL "/data", &fixture_root), 0);
	cr_assert_eq(fixture_remove(&fixture, ETL "/openai", &fixture_root), 0);
	cr_assert_eq(acme_crowd(&fixture, ETL "/roles/runner", "x-", 400), 0);
	cr_assert_eq(fixture_link(&fixture, "../../warehouse-login", ASSOCIATED, &fixture_root), 0);
	cr_expect_eq(fixture_link(&fixture, WHOLE, ETL "/data", &fixture_root), -E2BIG,
		     "400 runners and a maintainer");
	cr_expect_eq(fixture_link(&fixture, WHOLE "/warehouse-login", ETL "/data", &fixture_root),
		     -E2BIG);
	cr_assert_eq(acme_crowd(&fixture, ETL "/roles/runner", "x-", 399), 0);
	cr_expect_eq(fixture_link(&fixture, WHOLE, ETL "/data", &fixture_root), 0);
	cr_expect_eq(acme_crowd(&fixture, ETL "/roles/runner", "x-", 400), -E2BIG);
}

static const struct {
	const char *from;
	const char *to;
	int expected;
} renames[] = {
	{ASSOCIATED, CONNECTIONS "/lake/login", -EPERM},
	{ASSOCIATED, ETL "/login", -EPERM},
	{ASSOCIATED, ACME "/login", -EPERM},
	{ASSOCIATED, WAREHOUSE "/host", -EINVAL},
	{ASSOCIATED, WAREHOUSE "/url", -EPERM},
	{ASSOCIATED, WAREHOUSE "/x~", -EINVAL},
	{ASSOCIATED, WAREHOUSE "/CuAb12Ce", -EINVAL},
	{WAREHOUSE "/url", ASSOCIATED, -EPERM},
	{ETL "/openai", ASSOCIATED, -EPERM},
};

Test(association, stays_in_its_connection)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	for (size_t i = 0; i < COUNT(renames); i++) {
		const int r =
			fixture_rename(&fixture, renames[i].from, renames[i].to, &fixture_root);

		cr_expect_eq(r, renames[i].expected, "%s to %s: %d", renames[i].from, renames[i].to,
			     r);
	}
}

Test(association, renamed_onto_another_replaces_it)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	cr_assert_eq(fixture_link(&fixture, "../../second", WAREHOUSE "/x", &fixture_root), 0);
	cr_assert_eq(fixture_rename(&fixture, WAREHOUSE "/x", ASSOCIATED, &fixture_root), 0);
	view_expect_list(&fixture, WAREHOUSE, &fixture_root, "url warehouse-login");
	view_expect(&fixture, ASSOCIATED, "../../second");
	view_expect_part(&fixture, WAREHOUSE_LOGIN "/.status", "orphan: since 20");
}

Test(association, made_or_removed_changes_the_connection)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node connection;
	uint64_t before, after;

	begin(&fixture);
	connection = view_node(&fixture, WAREHOUSE);
	before = kind_of(&connection)->updated(&fixture.tree, &connection);
	cr_assert_eq(fixture_link(&fixture, "../../second", WAREHOUSE "/x", &fixture_root), 0);
	after = kind_of(&connection)->updated(&fixture.tree, &connection);
	cr_expect_gt(after, before);
	cr_assert_eq(fixture_remove(&fixture, WAREHOUSE "/x", &fixture_root), 0);
	cr_expect_gt(kind_of(&connection)->updated(&fixture.tree, &connection), after);
}
