#include "fs/account.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

#include "tests/acme.h"
#include "tests/names.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define SPARE ACME "/spare"

static const struct {
	const char *name;
	enum node_kind kind;
	int expected;
} children[] = {
	{"provider", NODE_PROVIDER, 0},
	{".info", NODE_INFO, 0},
	{".status", NODE_STATUS, 0},
	{".history", NODE_HISTORY, 0},
	{"api_key", NODE_FIELD, 0},
	{"api_base", NODE_FIELD, 0},
	{"organization", 0, -ENOENT},
	{"API_KEY", 0, -ENOENT},
	{"api_key ", 0, -ENOENT},
	{"", 0, -ENOENT},
	{".", 0, -ENOENT},
	{".git", 0, -ENOENT},
	{"openai", 0, -ENOENT},
};

Test(account, has_the_fields_that_are_set_and_what_describes_it)
{
	/* Another process than the one that made it. */
	const struct caller looking = {.pid = 2, .groups_known = true};
	CLEANUP_FIXTURE struct fixture fixture;
	struct node directory;

	acme_init(&fixture, "");
	directory = view_node(&fixture, OPENAI);
	for (size_t i = 0; i < COUNT(children); i++) {
		struct node node = {0};
		const int r = account_lookup(&fixture.tree, &directory, children[i].name, &looking,
					     &node);

		cr_expect_eq(r, children[i].expected, "\"%s\": %d", children[i].name, r);
		if (r == 0)
			cr_expect_eq(node.kind, children[i].kind, "%s", children[i].name);
	}
}

/* In this order cp -r is accepted: what it is, then where, then the rest. */
Test(account, lists_its_provider_and_address_first_and_no_control_files)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);

	acme_init(&fixture, "");
	view_expect_list(&fixture, OPENAI, &fixture_root, "provider api_base admin_key api_key");
	view_expect_list(&fixture, OPENAI, &runner, "provider api_base admin_key api_key");
	view_expect_list(&fixture, ACME "/unlinked", &fixture_root, "provider api_key");
	cr_assert_eq(fixture_remove(&fixture, KEY, &fixture_root), 0);
	view_expect_list(&fixture, OPENAI, &fixture_root, "provider api_base admin_key");
}

static const struct {
	enum acme_role role;
	int organisation;
	int project;
} managers[] = {
	{ACME_OWNER, 0, 0},
	{ACME_ADMIN, 0, 0},
	{ACME_MEMBER, -EACCES, -EACCES},
	{ACME_AUDITOR, -EACCES, -EACCES},
	{ACME_MAINTAINER, -EACCES, 0},
	{ACME_RUNNER, -EACCES, -EACCES},
	{ACME_NOBODY, -EACCES, -EACCES},
};

static void try_all(struct fixture *fixture, const char *directory, const struct caller *caller,
		    int expected)
{
	char path[256], other[256];

	snprintf(path, sizeof path, "%s/new", directory);
	snprintf(other, sizeof other, "%s/newer", directory);
	cr_expect_eq(fixture_make(fixture, path, caller), expected, "%s", directory);
	if (expected < 0)
		cr_assert_eq(fixture_make(fixture, path, &fixture_root), 0);
	cr_expect_eq(fixture_rename(fixture, path, other, caller), expected, "%s", directory);
	if (expected < 0)
		cr_assert_eq(fixture_rename(fixture, path, other, &fixture_root), 0);
	cr_expect_eq(fixture_remove(fixture, other, caller), expected, "%s", directory);
	if (expected < 0)
		cr_assert_eq(fixture_remove(fixture, other, &fixture_root), 0);
}

Test(account, is_made_renamed_and_removed_by_those_who_manage)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (size_t i = 0; i < COUNT(managers); i++) {
		const struct caller caller = acme_holder(managers[i].role);

		try_all(&fixture, ACME, &caller, managers[i].organisation);
		try_all(&fixture, ETL, &caller, managers[i].project);
	}
}

Test(account, has_its_fields_set_and_removed_by_those_who_manage)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (size_t i = 0; i < COUNT(managers); i++) {
		const struct caller caller = acme_holder(managers[i].role);
		const char *name = acme_role_name(managers[i].role);

		cr_expect_eq(fixture_save(&fixture, OPENAI "/project", "proj_1\n", &caller).open,
			     managers[i].organisation, "%s", name);
		cr_expect_eq(fixture_save(&fixture, OWN "/project", "proj_1\n", &caller).open,
			     managers[i].project, "%s", name);
		cr_expect_eq(fixture_save(&fixture, KEY, "sk-1\n", &caller).open,
			     managers[i].organisation, "%s", name);
		cr_expect_eq(fixture_remove(&fixture, KEY, &caller), managers[i].organisation, "%s",
			     name);
		cr_expect_eq(fixture_remove(&fixture, OWN "/api_key", &caller), managers[i].project,
			     "%s", name);
		cr_assert_eq(fixture_put(&fixture, KEY, "sk-2\n"), 0);
		cr_assert_eq(fixture_put(&fixture, OWN "/api_key", "sk-3\n"), 0);
	}
}

static const struct {
	const char *path;
	int expected;
} new_fields[] = {
	{OPENAI "/organization", 0},	 {OPENAI "/no_such_field", -EINVAL},
	{OPENAI "/API_KEY", -EINVAL},	 {OPENAI "/api_key ", -EINVAL},
	{OPENAI "/" NAMES_255, -EINVAL}, {OPENAI "/" NAMES_255 "6", -ENAMETOOLONG},
	{SPARE "/anything", 0},		 {SPARE "/_a.b-c9", 0},
	{SPARE "/LD_PRELOAD", 0},	 {SPARE "/9lives", -EINVAL},
	{SPARE "/two words", -EINVAL},	 {SPARE "/a=b", -EINVAL},
	{SPARE "/\xc3\xa4", -EINVAL},	 {SPARE "/a\nb", -EINVAL},
	{SPARE "/-r", -EINVAL},
};

Test(account, takes_the_fields_that_its_provider_knows)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, SPARE, &fixture_root), 0);
	for (size_t i = 0; i < COUNT(new_fields); i++) {
		const int r = fixture_put(&fixture, new_fields[i].path, "value\n");

		cr_expect_eq(r, new_fields[i].expected, "%s: %d", new_fields[i].path, r);
	}
	view_expect_list(&fixture, SPARE, &fixture_root, "provider LD_PRELOAD _a.b-c9 anything");
}

Test(account, shows_a_new_field_once_it_has_a_value)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const char *path = OPENAI "/organization";
	uint64_t number = 0;
	struct node node;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_open(&fixture, path, O_WRONLY | O_CREAT, &fixture_root, &number), 0);
	cr_expect_eq(fixture_find(&fixture, path, &node), -ENOENT);
	handles_close(fixture.handles, &fixture.tree, number);
	cr_expect_eq(fixture_find(&fixture, path, &node), -ENOENT);
	view_expect_list(&fixture, OPENAI, &fixture_root, "provider api_base admin_key api_key");
	cr_assert_eq(fixture_put(&fixture, path, "org-1\n"), 0);
	view_expect(&fixture, path, "org-1");
}

Test(account, keeps_what_describes_it)
{
	static const char *const fixed[] = {OPENAI "/.info", OPENAI "/.status", OPENAI "/.history"};
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (size_t i = 0; i < COUNT(fixed); i++) {
		cr_expect_eq(fixture_remove(&fixture, fixed[i], &fixture_root), -EPERM, "%s",
			     fixed[i]);
		cr_expect_eq(fixture_rename(&fixture, fixed[i], OPENAI "/project", &fixture_root),
			     -EPERM, "%s", fixed[i]);
	}
	cr_expect_eq(fixture_save(&fixture, OPENAI "/.info", "x\n", &fixture_root).open, -EACCES);
	cr_expect_eq(fixture_save(&fixture, OPENAI "/.status", "x\n", &fixture_root).open, -EACCES);
	cr_expect_eq(fixture_save(&fixture, OPENAI "/.history", "x\n", &fixture_root).open,
		     -EACCES);
}

static const struct {
	const char *from;
	const char *to;
	enum acme_role role;
	int expected;
} moves[] = {
	{OPENAI "/provider", OPENAI "/project", ACME_ADMIN, -EPERM},
	{KEY, OPENAI "/provider", ACME_ADMIN, -EPERM},
	{KEY, OPENAI "/no_such_field", ACME_ADMIN, -EINVAL},
	{KEY, OPENAI "/organization", ACME_RUNNER, -EACCES},
	{KEY, ACME "/key", ACME_ADMIN, -EPERM},
	{KEY, ACME "/roles/admin", ACME_ADMIN, -EPERM},
	{KEY, ETL "/key", ACME_ADMIN, -EPERM},
	{KEY, "orgs/rival/openai/api_key", ACME_ADMIN, -EXDEV},
	{KEY, OWN "/webhook_secret", ACME_MAINTAINER, -EACCES},
	{OWN "/api_key", OPENAI "/webhook_secret", ACME_MAINTAINER, -EACCES},
	{OWN "/api_key", ACME "/unlinked/api_key", ACME_MAINTAINER, -EACCES},
	{OWN "/api_key", OWN "/admin_key", ACME_MAINTAINER, 0},
};

Test(account, lets_a_field_move_to_where_the_caller_manages)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, "orgs/rival", &fixture_root), 0);
	cr_assert_eq(fixture_make(&fixture, "orgs/rival/openai", &fixture_root), 0);
	for (size_t i = 0; i < COUNT(moves); i++) {
		const struct caller caller = acme_holder(moves[i].role);
		const int r = fixture_rename(&fixture, moves[i].from, moves[i].to, &caller);

		cr_expect_eq(r, moves[i].expected, "%s to %s: %d", moves[i].from, moves[i].to, r);
	}
	view_expect(&fixture, KEY, "sk-proj-22");
	view_expect(&fixture, OWN "/admin_key", "sk-proj-4");
}

Test(account, is_removed_when_it_has_no_fields)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node node;

	acme_init(&fixture, "");
	cr_expect_eq(fixture_remove(&fixture, ACME "/unlinked", &fixture_root), -ENOTEMPTY);
	cr_expect_eq(fixture_remove(&fixture, OWN, &fixture_root), -ENOTEMPTY);
	view_expect(&fixture, ACME "/unlinked/api_key", "sk-proj-3");
	cr_assert_eq(fixture_remove(&fixture, ACME "/unlinked/api_key", &fixture_root), 0);
	cr_expect_eq(fixture_remove(&fixture, ACME "/unlinked", &fixture_root), 0);
	cr_expect_eq(fixture_find(&fixture, ACME "/unlinked", &node), -ENOENT);
	acme_remove_whole(&fixture, OWN);
	cr_expect_eq(fixture_find(&fixture, OWN, &node), -ENOENT);
}

Test(account, takes_its_history_along_when_it_goes)
{
	CLEANUP_FIXTURE struct fixture fixture;
	char content[4096];

	acme_init(&fixture, "");
	acme_remove_whole(&fixture, OPENAI);
	cr_assert_eq(fixture_make(&fixture, OPENAI, &fixture_root), 0);
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-other\n"), 0);
	cr_expect_eq(fixture_read(&fixture, OPENAI "/.history/api_key/1", content), -ENOENT);
	cr_expect_eq(fixture_read(&fixture, OPENAI "/.history/api_key/2", content), -ENOENT);
	cr_expect_eq(fixture_read(&fixture, OPENAI "/api_base", content), -ENOENT);
}

Test(account, keeps_all_but_its_name_when_it_is_renamed)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node before, node;

	acme_init(&fixture, "");
	before = view_node(&fixture, OPENAI);
	cr_assert_eq(fixture_rename(&fixture, OPENAI, ACME "/anthropic", &fixture_root), 0);
	cr_expect_eq(fixture_find(&fixture, OPENAI, &node), -ENOENT);
	node = view_node(&fixture, ACME "/anthropic");
	cr_expect(node_equal(&before, &node));
	view_expect(&fixture, ACME "/anthropic/provider", "openai");
	view_expect(&fixture, ACME "/anthropic/api_key", "sk-proj-22");
	view_expect(&fixture, ACME "/anthropic/.history/api_key/1", "sk-proj-1");
	fixture_restart(&fixture);
	view_expect(&fixture, ACME "/anthropic/api_key", "sk-proj-22");
}

static const struct {
	const char *from;
	const char *to;
	int expected;
} renames[] = {
	{OPENAI, ACME "/unlinked", -ENOTEMPTY},
	{OPENAI, ACME "/openai~", -EINVAL},
	{OPENAI, ACME "/.openai", -EINVAL},
	{OPENAI, ACME "/" NAMES_255 "6", -ENAMETOOLONG},
	{OPENAI, ACME "/use", -EPERM},
	{OPENAI, ACME "/roles", -EPERM},
	{OPENAI, ACME "/projects", -EPERM},
	{OPENAI, "orgs/openai", -EPERM},
	{OPENAI, "orgs/rival/openai", -EPERM},
	{OPENAI, ETL "/other", -EPERM},
	{OPENAI, ACME "/projects/openai", -EPERM},
	{OPENAI, ACME "/unlinked/openai", -EPERM},
	{OWN, ACME "/own", -EPERM},
	{OWN, ACME "/projects/other/own", -EPERM},
	{OWN, "orgs/rival/own", -EPERM},
	{OWN, ETL "/openai", -ENOTDIR}, /* a link */
	{OWN, ETL "/roles", -EPERM},
	{OWN, ETL "/env", -EPERM},
	{OWN, ETL "/own.bak", -EINVAL},
	{ACME "/roles", ACME "/other", -EPERM},
	{ACME "/projects", ACME "/other", -EPERM},
	{ETL "/roles", ETL "/other", -EPERM},
};

Test(account, stays_where_it_is)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, "orgs/rival", &fixture_root), 0);
	cr_assert_eq(fixture_make(&fixture, ACME "/projects/other", &fixture_root), 0);
	for (size_t i = 0; i < COUNT(renames); i++) {
		const int r =
			fixture_rename(&fixture, renames[i].from, renames[i].to, &fixture_root);

		cr_expect_eq(r, renames[i].expected, "%s to %s: %d", renames[i].from, renames[i].to,
			     r);
	}
	view_expect(&fixture, KEY, "sk-proj-22");
	view_expect(&fixture, OWN "/api_key", "sk-proj-4");
}

Test(account, may_take_the_place_of_an_empty_one_whose_links_then_dangle)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);

	acme_init(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, SPARE, &fixture_root), 0);
	cr_assert_eq(fixture_link(&fixture, "../../spare", ETL "/spare", &fixture_root), 0);
	cr_assert_eq(fixture_rename(&fixture, ACME "/unlinked", SPARE, &fixture_root), 0);
	view_expect(&fixture, SPARE "/api_key", "sk-proj-3");
	view_expect(&fixture, ETL "/spare", "../../.deleted/spare");
	cr_expect_str_eq(view_bits(&fixture, SPARE "/api_key", &runner).text, "---");
	view_expect_list(&fixture, ACME, &fixture_root, "roles projects audit.log openai spare");
}

/* cp -r makes the directory and then wants no `provider` to be there. */
Test(account, does_not_show_a_new_accounts_provider_to_one_who_copies_another)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller other = {.uid = 0, .pid = 2, .groups_known = true};
	struct node directory, node;
	uint64_t number = 0;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, SPARE, &fixture_root), 0);
	directory = view_node(&fixture, SPARE);
	cr_assert_eq(fixture_open(&fixture, OPENAI "/provider", O_RDONLY, &fixture_root, &number),
		     0);
	cr_expect_eq(account_lookup(&fixture.tree, &directory, "provider", &fixture_root, &node),
		     -ENOENT);
	cr_expect_eq(account_lookup(&fixture.tree, &directory, "provider", &other, &node), 0);
	cr_assert_eq(fixture_put(&fixture, SPARE "/provider", "openai\n"), 0);
	cr_expect_eq(account_lookup(&fixture.tree, &directory, "provider", &fixture_root, &node), 0,
		     "it is set now");
	handles_close(fixture.handles, &fixture.tree, number);
}

Test(account, was_updated_when_anything_of_it_was)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node account, key;
	uint64_t before;

	acme_init(&fixture, "");
	account = view_node(&fixture, OPENAI);
	key = view_node(&fixture, KEY);
	before = account_updated(&fixture.tree, &account);
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-proj-22\n"), 0);
	cr_expect_eq(account_updated(&fixture.tree, &account), before, "it was that already");
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-proj-333\n"), 0);
	cr_expect_gt(account_updated(&fixture.tree, &account), before);
	cr_expect_eq(account_updated(&fixture.tree, &account),
		     kind_of(&key)->updated(&fixture.tree, &key));
}

Test(account, says_eio_when_a_damaged_field_might_have_the_name)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node directory, node;

	acme_init(&fixture, "");
	directory = view_node(&fixture, OPENAI);
	fixture_tamper(&fixture, "UPDATE item SET ct = zeroblob(length(ct)) WHERE kind = 6");
	cr_expect_eq(account_lookup(&fixture.tree, &directory, "api_key", &fixture_root, &node),
		     -EIO);
	cr_expect_eq(account_lookup(&fixture.tree, &directory, "provider", &fixture_root, &node),
		     0);
	view_expect(&fixture, OPENAI "/provider", "openai");
}
