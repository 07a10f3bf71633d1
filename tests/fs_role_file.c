#include "fs/role_file.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

#include "fs/edit.h"
#include "tests/acme.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define OWNER ACME "/roles/owner"
#define ADMIN ACME "/roles/admin"
#define RUNNER ETL "/roles/runner"

static uint64_t generation_of(struct fixture *fixture)
{
	struct org *org = NULL;

	cr_assert_eq(store_org(fixture->store, 0, &org), 0);
	return org_generation(org);
}

Test(role_file, there_is_one_for_each_role_of_the_scope)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node node;

	acme_init(&fixture, "[role linker]\nscope = project\npermissions = inherit\n"
			    "[role auditor]\npermissions =\n");
	view_expect_list(&fixture, ACME "/roles", &fixture_root, "admin auditor member owner");
	view_expect_list(&fixture, ETL "/roles", &fixture_root, "linker maintainer runner");
	cr_expect_eq(fixture_find(&fixture, ACME "/roles/runner", &node), -ENOENT);
	cr_expect_eq(fixture_find(&fixture, ETL "/roles/owner", &node), -ENOENT);
	view_expect(&fixture, ETL "/roles/linker", "");
	view_expect(&fixture, RUNNER, "user:www-data\n");
}

static const struct {
	const char *saved;
	const char *kept;
} lists[] = {
	{"user:alice\n", "user:alice\n"},
	{"user:alice", "user:alice\n"},
	{"\nuser:alice\n \t\n\n", "user:alice\n"},
	{"group:ops\nuser:alice\ngroup:ops\nuser:ops\n", "group:ops\nuser:alice\nuser:ops\n"},
	{"user:first.last@corp.example\n", "user:first.last@corp.example\n"},
	{"user:\xc3\xa4pfel\n", "user:\xc3\xa4pfel\n"},
	{"\n", ""},
};

Test(role_file, keeps_a_principal_a_line)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (size_t i = 0; i < COUNT(lists); i++) {
		cr_assert_eq(fixture_put(&fixture, ADMIN, lists[i].saved), 0, "%zu", i);
		view_expect(&fixture, ADMIN, lists[i].kept);
		cr_assert_eq(fixture_put(&fixture, RUNNER, lists[i].saved), 0, "%zu", i);
		view_expect(&fixture, RUNNER, lists[i].kept);
	}
}

/* Whatever no later line can mend is refused at write(2), where a shell hears it. */
static const struct {
	const char *path;
	const char *text;
	struct fixture_saved expected;
} refusals[] = {
	{ADMIN, "alice\n", {0, -EINVAL, -EINVAL}},
	{ADMIN, "alice", {0, 0, -EINVAL}},
	{ADMIN, "user:alice\nbob\n", {0, -EINVAL, -EINVAL}},
	{ADMIN, "user:\n", {0, -EINVAL, -EINVAL}},
	{ADMIN, "group:\n", {0, -EINVAL, -EINVAL}},
	{ADMIN, "User:alice\n", {0, -EINVAL, -EINVAL}},
	{ADMIN, " user:alice\n", {0, -EINVAL, -EINVAL}},
	{ADMIN, "user: alice\n", {0, -EINVAL, -EINVAL}},
	{ADMIN, "user:alice bob\n", {0, -EINVAL, -EINVAL}},
	{ADMIN, "user:alice\r\n", {0, -EINVAL, -EINVAL}},
	{ADMIN, "user:a:b\n", {0, -EINVAL, -EINVAL}},
	{ADMIN, "user:a/b\n", {0, -EINVAL, -EINVAL}},
	{ADMIN, "user:a\xff\n", {0, -EINVAL, -EINVAL}},
	{ADMIN, "# ours\nuser:alice\n", {0, -EINVAL, -EINVAL}},
	{ADMIN, "host:build-7\n", {0, -EINVAL, -EINVAL}},
	{OWNER, "user:no-such-user\n", {0, -EBUSY, -EBUSY}},
	{OWNER, "user:no-such-user", {0, 0, -EBUSY}},
	{OWNER, "group:no-such-group\n", {0, -EBUSY, -EBUSY}},
	{OWNER, "group:kmem\n", {0, -EBUSY, -EBUSY}}, /* has no members */
	{OWNER, "\n", {0, -EBUSY, -EBUSY}},
	{OWNER, "user:root\nroot\n", {0, -EINVAL, -EINVAL}},
	{RUNNER, "www-data\n", {0, -EINVAL, -EINVAL}},
	{ACME "/roles/cook", "user:alice\n", {-EPERM, 0, 0}},
	{ETL "/roles/owner", "user:alice\n", {-EPERM, 0, 0}},
};

Test(role_file, any_other_line_is_refused_and_the_old_list_stays)
{
	CLEANUP_FIXTURE struct fixture fixture;
	uint64_t generation;

	acme_init(&fixture, "");
	generation = generation_of(&fixture);
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct fixture_saved saved =
			fixture_save(&fixture, refusals[i].path, refusals[i].text, &fixture_root);

		cr_expect_eq(saved.open, refusals[i].expected.open, "%zu: %d", i, saved.open);
		cr_expect_eq(saved.write, refusals[i].expected.write, "%zu: %d", i, saved.write);
		cr_expect_eq(saved.close, refusals[i].expected.close, "%zu: %d", i, saved.close);
	}
	cr_expect_eq(generation_of(&fixture), generation);
	view_expect(&fixture, OWNER, "user:root\nuser:daemon\n");
	view_expect(&fixture, ADMIN, "user:bin\n");
	view_expect(&fixture, RUNNER, "user:www-data\n");
}

static const char *const owners[] = {
	"user:daemon\n",
	"group:games\n", /* somebody's primary group, if nobody else's */
	"user:no-such-user\ngroup:kmem\nuser:daemon\n",
};

Test(role_file, an_owner_who_exists_is_left)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (size_t i = 0; i < COUNT(owners); i++)
		cr_expect_eq(fixture_put(&fixture, OWNER, owners[i]), 0, "%s", owners[i]);
}

Test(role_file, no_list_is_longer_than_64_kib)
{
	CLEANUP_FREE char *text = calloc(1, PRINCIPALS_TEXT_MAX + 2);
	CLEANUP_FIXTURE struct fixture fixture;

	cr_assert_not_null(text);
	memset(text, '\n', PRINCIPALS_TEXT_MAX);
	acme_init(&fixture, "");
	cr_expect_eq(fixture_put(&fixture, ADMIN, text), 0);
	text[PRINCIPALS_TEXT_MAX] = '\n';
	cr_expect_eq(fixture_put(&fixture, ADMIN, text), -EFBIG);
}

/* daemon, sys, games, man and www-data are there beside the admins; root needs no entry. */
Test(role_file, more_names_than_a_list_can_hold_are_refused)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct fixture_saved saved;

	acme_init(&fixture, "");
	cr_expect_eq(acme_crowd(&fixture, ADMIN, "x-", 507 - 5), 0);
	cr_expect_eq(acme_crowd(&fixture, ADMIN, "x-", 508 - 5), -E2BIG);
	saved = fixture_save_with(&fixture, ADMIN, "user:one-more\n", O_WRONLY | O_APPEND);
	cr_expect_eq(saved.write, -E2BIG);
	cr_expect_eq(fixture_put(&fixture, ACME "/roles/member", "user:sys\nuser:x-000\n"), 0);
	cr_expect_eq(fixture_put(&fixture, ACME "/roles/member", "user:sys\nuser:y-000\n"), -E2BIG);
	cr_expect_eq(fixture_put(&fixture, RUNNER, "user:www-data\nuser:y-000\n"), -E2BIG);
	view_expect(&fixture, RUNNER, "user:www-data\n");
}

Test(role_file, a_project_that_inherits_has_400_names_at_most)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_expect_eq(acme_crowd(&fixture, RUNNER, "x-", 399), 0, "and the maintainer");
	cr_expect_eq(acme_crowd(&fixture, RUNNER, "x-", 400), -E2BIG);
	cr_assert_eq(fixture_remove(&fixture, ETL "/openai", &fixture_root), 0);
	cr_expect_eq(acme_crowd(&fixture, RUNNER, "x-", 400), 0);
	cr_expect_eq(fixture_link(&fixture, "../../openai", ETL "/openai", &fixture_root), -E2BIG);
}

/* Who may save which list: what opening it for writing answers. */
static const struct {
	enum acme_role role;
	int organisation;
	int project;
} writers[] = {
	{ACME_OWNER, 0, 0},
	{ACME_ADMIN, -EACCES, 0},
	{ACME_MEMBER, -EACCES, -EACCES},
	{ACME_AUDITOR, -EACCES, -EACCES},
	{ACME_MAINTAINER, -EACCES, -EACCES},
	{ACME_RUNNER, -EACCES, -EACCES},
	{ACME_NOBODY, -EACCES, -EACCES},
};

Test(role_file, owners_appoint_in_the_organisation_and_managers_in_its_projects)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (size_t i = 0; i < COUNT(writers); i++) {
		const struct caller caller = acme_holder(writers[i].role);
		const char *name = acme_role_name(writers[i].role);
		const char *text = "user:backup\n";

		cr_expect_eq(fixture_save(&fixture, ACME "/roles/auditor", text, &caller).open,
			     writers[i].organisation, "%s", name);
		cr_expect_eq(fixture_save(&fixture, OWNER, text, &caller).open,
			     writers[i].organisation, "%s", name);
		cr_assert_eq(fixture_put(&fixture, OWNER, "user:root\nuser:daemon\n"), 0);
		cr_expect_eq(fixture_save(&fixture, RUNNER, text, &caller).open, writers[i].project,
			     "%s", name);
		cr_assert_eq(fixture_put(&fixture, RUNNER, "user:www-data\n"), 0);
		cr_assert_eq(fixture_put(&fixture, ACME "/roles/auditor", "user:games\n"), 0);
	}
}

Test(role_file, nobody_removes_an_organisations_list)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_expect_eq(fixture_remove(&fixture, ADMIN, &fixture_root), -EPERM);
	cr_expect_eq(fixture_remove(&fixture, OWNER, &fixture_root), -EPERM);
	cr_expect_eq(fixture_remove(&fixture, ACME "/roles", &fixture_root), -EPERM);
	view_expect(&fixture, ADMIN, "user:bin\n");
}

Test(role_file, who_tries_to_is_stopped_from_removing_the_rest)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller other = {.uid = 0, .pid = 2, .groups_known = true};
	struct node org;

	acme_init(&fixture, "");
	org = view_node(&fixture, ACME);
	cr_expect_not(edit_is_stopped(&(struct edit){&fixture.tree, &fixture_root, &org, "x"}));
	cr_assert_eq(fixture_remove(&fixture, ADMIN, &fixture_root), -EPERM);
	cr_expect(edit_is_stopped(&(struct edit){&fixture.tree, &fixture_root, &org, "x"}));
	cr_expect_not(edit_is_stopped(&(struct edit){&fixture.tree, &other, &org, "x"}));
}

Test(role_file, removing_a_projects_list_empties_it)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller maintainer = acme_holder(ACME_MAINTAINER);
	const struct caller runner = acme_holder(ACME_RUNNER);
	const struct caller admin = acme_holder(ACME_ADMIN);

	acme_init(&fixture, "");
	cr_expect_eq(fixture_remove(&fixture, RUNNER, &maintainer), -EACCES);
	cr_expect_eq(fixture_remove(&fixture, RUNNER, &runner), -EACCES);
	view_expect(&fixture, RUNNER, "user:www-data\n");
	cr_expect_eq(fixture_remove(&fixture, RUNNER, &admin), 0);
	view_expect(&fixture, RUNNER, "");
	cr_expect_str_eq(view_bits(&fixture, KEY, &runner).text, "---");
}

Test(role_file, its_directory_goes_when_nobody_holds_a_role)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_expect_eq(fixture_remove(&fixture, ETL "/roles", &fixture_root), -ENOTEMPTY);
	cr_assert_eq(fixture_remove(&fixture, RUNNER, &fixture_root), 0);
	cr_expect_eq(fixture_remove(&fixture, ETL "/roles", &fixture_root), -ENOTEMPTY);
	cr_assert_eq(fixture_remove(&fixture, ETL "/roles/maintainer", &fixture_root), 0);
	cr_expect_eq(fixture_remove(&fixture, ETL "/roles", &fixture_root), 0);
	view_expect_list(&fixture, ETL "/roles", &fixture_root, "maintainer runner");
}

Test(role_file, the_same_list_is_no_change)
{
	CLEANUP_FIXTURE struct fixture fixture;
	uint64_t generation, access;
	struct stat before, after;

	acme_init(&fixture, "");
	generation = generation_of(&fixture);
	access = tree_org_state(&fixture.tree, 0)->access_generation;
	before = view_stat(&fixture, ADMIN);
	cr_assert_eq(fixture_put(&fixture, ADMIN, "user:bin\n\nuser:bin"), 0);
	after = view_stat(&fixture, ADMIN);
	cr_expect_eq(generation_of(&fixture), generation);
	cr_expect_eq(tree_org_state(&fixture.tree, 0)->access_generation, access);
	cr_expect_eq(memcmp(&before.st_mtim, &after.st_mtim, sizeof before.st_mtim), 0);
	cr_assert_eq(fixture_put(&fixture, ADMIN, "user:bin\nuser:backup\n"), 0);
	after = view_stat(&fixture, ADMIN);
	cr_expect_eq(generation_of(&fixture), generation + 1);
	cr_expect_eq(tree_org_state(&fixture.tree, 0)->access_generation, access + 1);
	cr_expect_neq(memcmp(&before.st_mtim, &after.st_mtim, sizeof before.st_mtim), 0);
}

Test(role_file, a_list_that_may_be_damaged_is_not_shown_as_empty)
{
	CLEANUP_FIXTURE struct fixture fixture;
	char content[4096];

	acme_init(&fixture, "");
	fixture_tamper(&fixture, "UPDATE item SET ct = zeroblob(length(ct)) WHERE kind = 2");
	cr_expect_eq(fixture_read(&fixture, ADMIN, content), -EIO);
	cr_expect_eq(fixture_read(&fixture, RUNNER, content), -EIO);
}
