#include "fs/project.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/acme.h"
#include "tests/names.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define OTHER ACME "/projects/other"

static const struct {
	enum acme_role role;
	int expected;
} managers[] = {
	{ACME_OWNER, 0},
	{ACME_ADMIN, 0},
	{ACME_MEMBER, -EACCES},
	{ACME_AUDITOR, -EACCES},
	{ACME_MAINTAINER, -EACCES},
	{ACME_RUNNER, -EACCES},
	{ACME_NOBODY, -EACCES},
};

Test(project, is_made_renamed_and_removed_by_the_organisations_managers)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (size_t i = 0; i < COUNT(managers); i++) {
		const struct caller caller = acme_holder(managers[i].role);
		const int expected = managers[i].expected;
		const char *name = acme_role_name(managers[i].role);

		cr_expect_eq(fixture_make(&fixture, OTHER, &caller), expected, "%s", name);
		if (expected < 0)
			cr_assert_eq(fixture_make(&fixture, OTHER, &fixture_root), 0);
		cr_expect_eq(fixture_rename(&fixture, OTHER, OTHER "2", &caller), expected, "%s",
			     name);
		if (expected < 0)
			cr_assert_eq(fixture_rename(&fixture, OTHER, OTHER "2", &fixture_root), 0);
		cr_expect_eq(fixture_remove(&fixture, OTHER "2", &caller), expected, "%s", name);
		if (expected < 0)
			cr_assert_eq(fixture_remove(&fixture, OTHER "2", &fixture_root), 0);
	}
}

Test(project, has_a_name_that_a_directory_can_have)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (size_t i = 0; i < NAMES; i++) {
		const int r = fixture_make_named(&fixture, ACME "/projects", names[i].name,
						 &fixture_root);

		cr_expect_eq(r, names[i].expected, "%zu, \"%s\": %d", i, names[i].name, r);
	}
	cr_expect_eq(fixture_make_named(&fixture, ACME "/projects", "etl", &fixture_root), -EEXIST);
}

Test(project, has_accounts_of_any_name_that_can_be_one)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (size_t i = 0; i < NAMES; i++) {
		const int r = fixture_make_named(&fixture, ETL, names[i].name, &fixture_root);

		cr_expect_eq(r, names[i].expected, "%zu, \"%s\": %d", i, names[i].name, r);
	}
}

static const struct {
	const char *name;
	int expected;
} taken[] = {
	{"roles", -EINVAL}, {"env", -EINVAL},	 {"env.json", -EINVAL},
	{"own", -EEXIST},   {"openai", -EEXIST}, /* a link */
};

Test(project, keeps_the_names_that_mean_something_in_it)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (size_t i = 0; i < COUNT(taken); i++)
		cr_expect_eq(fixture_make_named(&fixture, ETL, taken[i].name, &fixture_root),
			     taken[i].expected, "%s", taken[i].name);
}

Test(project, lists_its_roles_and_then_what_it_has)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);

	acme_init(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, OTHER, &fixture_root), 0);
	view_expect_list(&fixture, ACME "/projects", &runner, "etl other");
	view_expect_list(&fixture, ETL, &runner, "roles openai own");
	view_expect_list(&fixture, OTHER, &fixture_root, "roles");
}

static const struct {
	const char *name;
	enum node_kind kind;
	int expected;
} children[] = {
	{"roles", NODE_ROLES, 0}, {"own", NODE_ACCOUNT, 0}, {"openai", NODE_LINK, 0},
	{"runner", 0, -ENOENT},	  {"unlinked", 0, -ENOENT}, {"env", 0, -ENOENT},
};

Test(project, has_its_own_accounts_and_its_links)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node directory;

	acme_init(&fixture, "");
	directory = view_node(&fixture, ETL);
	for (size_t i = 0; i < COUNT(children); i++) {
		struct node node = {0};
		const int r = project_lookup(&fixture.tree, &directory, children[i].name,
					     &fixture_root, &node);

		cr_expect_eq(r, children[i].expected, "%s: %d", children[i].name, r);
		if (r == 0)
			cr_expect_eq(node.kind, children[i].kind, "%s", children[i].name);
	}
}

Test(project, is_removed_when_only_its_roles_are_left)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);
	struct node node;

	acme_init(&fixture, "");
	cr_expect_eq(fixture_remove(&fixture, ETL, &fixture_root), -ENOTEMPTY);
	acme_remove_whole(&fixture, OWN);
	cr_expect_eq(fixture_remove(&fixture, ETL, &fixture_root), -ENOTEMPTY, "a link");
	cr_assert_eq(fixture_remove(&fixture, ETL "/openai", &fixture_root), 0);
	cr_expect_eq(fixture_remove(&fixture, ETL, &fixture_root), 0);
	cr_expect_eq(fixture_find(&fixture, ETL, &node), -ENOENT);
	cr_expect_str_eq(view_bits(&fixture, ACME, &runner).text, "---");
}

Test(project, of_the_same_name_gives_nothing_to_those_of_the_one_before)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);

	acme_init(&fixture, "");
	acme_remove_whole(&fixture, OWN);
	cr_assert_eq(fixture_remove(&fixture, ETL "/openai", &fixture_root), 0);
	cr_assert_eq(fixture_remove(&fixture, ETL, &fixture_root), 0);
	cr_assert_eq(fixture_make(&fixture, ETL, &fixture_root), 0);
	view_expect(&fixture, ETL "/roles/runner", "");
	cr_expect_str_eq(view_bits(&fixture, ETL, &runner).text, "---");
}

Test(project, keeps_what_it_has_when_it_is_renamed)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);
	struct node before, node;

	acme_init(&fixture, "");
	before = view_node(&fixture, ETL);
	cr_assert_eq(fixture_rename(&fixture, ETL, OTHER, &fixture_root), 0);
	node = view_node(&fixture, OTHER);
	cr_expect(node_equal(&before, &node));
	view_expect(&fixture, OTHER "/openai", "../../openai");
	view_expect(&fixture, OTHER "/own/api_key", "sk-proj-4");
	cr_expect_str_eq(view_bits(&fixture, KEY, &runner).text, "r--");
	view_expect_part(&fixture, OPENAI "/.status", "used-by: other\n");
}

static const struct {
	const char *from;
	const char *to;
	int expected;
} renames[] = {
	{ETL, OTHER, -ENOTEMPTY},
	{ETL, ACME "/projects/etl.bak", -EINVAL},
	{ETL, ACME "/projects/.etl", -EINVAL},
	{ETL, ACME "/projects/" NAMES_255 "6", -ENAMETOOLONG},
	{ETL, ACME "/etl", -EPERM},
	{ETL, "orgs/etl", -EPERM},
	{ETL, OTHER "/etl", -EPERM},
	{ETL, "orgs/rival/projects/etl", -EPERM},
};

Test(project, stays_where_it_is)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, "orgs/rival", &fixture_root), 0);
	cr_assert_eq(fixture_make(&fixture, OTHER, &fixture_root), 0);
	cr_assert_eq(fixture_make(&fixture, OTHER "/own", &fixture_root), 0);
	for (size_t i = 0; i < COUNT(renames); i++) {
		const int r =
			fixture_rename(&fixture, renames[i].from, renames[i].to, &fixture_root);

		cr_expect_eq(r, renames[i].expected, "%s: %d", renames[i].to, r);
	}
	cr_assert_eq(fixture_remove(&fixture, OTHER "/own", &fixture_root), 0);
	cr_expect_eq(fixture_rename(&fixture, ETL, OTHER, &fixture_root), 0, "it is empty");
	view_expect(&fixture, OTHER "/own/api_key", "sk-proj-4");
}

Test(project, was_updated_when_its_record_was)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node project;
	uint64_t before;

	acme_init(&fixture, "");
	project = view_node(&fixture, ETL);
	before = project_updated(&fixture.tree, &project);
	cr_assert_eq(fixture_put(&fixture, OWN "/api_key", "sk-proj-5\n"), 0);
	cr_expect_eq(project_updated(&fixture.tree, &project), before);
	cr_assert_eq(fixture_rename(&fixture, ETL, OTHER, &fixture_root), 0);
	cr_expect_gt(project_updated(&fixture.tree, &project), before);
}

Test(project, says_eio_when_something_damaged_might_have_the_name)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node node;

	acme_init(&fixture, "");
	fixture_tamper(&fixture, "UPDATE item SET ct = zeroblob(length(ct)) WHERE kind = 4");
	cr_expect_eq(fixture_find(&fixture, ETL "/openai", &node), -EIO);
	cr_expect_eq(fixture_find(&fixture, ETL "/nothing", &node), -EIO);
	cr_expect_eq(fixture_find(&fixture, ACME "/projects/nothing", &node), -EIO);
	view_expect(&fixture, OWN "/api_key", "sk-proj-4");
}
