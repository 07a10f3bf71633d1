#include <criterion/criterion.h>
#include <fcntl.h>

#include "fs/credential_edit.h"
#include "tests/fixture.h"

#define ACCOUNT "orgs/acme/openai"
#define KEY ACCOUNT "/api_key"

static void begin(struct fixture *fixture, const char *configuration)
{
	fixture_init(fixture, configuration);
	cr_assert_eq(fixture_make(fixture, "orgs/acme", &fixture_root), 0);
	cr_assert_eq(fixture_make(fixture, ACCOUNT, &fixture_root), 0);
	cr_assert_eq(fixture_put(fixture, KEY, "sk-proj-old\n"), 0);
}

static void expect(struct fixture *fixture, const char *path, const char *expected)
{
	char content[4096];

	cr_assert_eq(fixture_read(fixture, path, content), 0, "%s", path);
	cr_assert_str_eq(content, expected);
}

static void expect_status(struct fixture *fixture, const char *account, const char *expected)
{
	char content[4096];
	char path[256];

	snprintf(path, sizeof path, "%s/.status", account);
	cr_assert_eq(fixture_read(fixture, path, content), 0);
	cr_assert_not_null(strstr(content, expected), "no \"%s\" in: %s", expected, content);
}

Test(credential, is_saved_without_its_newline)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture, "");
	expect(&fixture, KEY, "sk-proj-old");
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-proj-new\r\n"), 0);
	expect(&fixture, KEY, "sk-proj-new");
}

struct refusal {
	const char *path;
	const char *text;
	struct fixture_saved expected;
};

/* A shell hears of what write(2) says and never of close(2). */
static const struct refusal refusals[] = {
	{KEY, "sk-ant-abc\n", {0, -EKEYREJECTED, -EKEYREJECTED}},
	{KEY, "sk-ant-abc", {0, -EKEYREJECTED, -EKEYREJECTED}},
	{KEY, "abc\n", {0, -EKEYREJECTED, -EKEYREJECTED}},
	{KEY, "sk", {0, 0, -EKEYREJECTED}},
	{KEY, "\n", {0, -EKEYREJECTED, -EKEYREJECTED}},
	{KEY, "sk-a\nsk-b\n", {0, -EKEYREJECTED, -EKEYREJECTED}},
	{KEY, "sk-\001", {0, -EKEYREJECTED, -EKEYREJECTED}},
	{KEY, "sk-\xff\xfe", {0, -EKEYREJECTED, -EKEYREJECTED}},
	{ACCOUNT "/api_base", "not a url\n", {0, -EKEYREJECTED, -EKEYREJECTED}},
	{ACCOUNT "/no_such_field", "x\n", {-EINVAL, 0, 0}},
	{ACCOUNT "/provider", "no-such-provider\n", {0, -EINVAL, -EINVAL}},
	{ACCOUNT "/provider", "anthropic\n", {0, -EINVAL, -EINVAL}},
	{ACCOUNT "/.info", "x\n", {-EACCES, 0, 0}},
	{"orgs/acme/roles/admin", "alice\n", {0, -EINVAL, -EINVAL}},
	{"orgs/acme/roles/admin", "user:a b\n", {0, -EINVAL, -EINVAL}},
	{"orgs/acme/roles/owner", "user:no-such-user-here\n", {0, -EBUSY, -EBUSY}},
	{"orgs/acme/nothing", "x\n", {-EPERM, 0, 0}},
};

Test(credential, what_is_refused_leaves_what_was_there)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture, "");
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		const struct refusal *row = &refusals[i];
		const struct fixture_saved saved =
			fixture_save(&fixture, row->path, row->text, &fixture_root);

		cr_expect_eq(saved.open, row->expected.open, "%zu: open %d", i, saved.open);
		cr_expect_eq(saved.write, row->expected.write, "%zu: write %d", i, saved.write);
		cr_expect_eq(saved.close, row->expected.close, "%zu: close %d", i, saved.close);
	}
	expect(&fixture, KEY, "sk-proj-old");
	expect(&fixture, ACCOUNT "/provider", "openai");
	expect(&fixture, "orgs/acme/roles/owner", "user:root\n");
}

Test(credential, the_reason_stands_in_the_status_until_it_is_saved)
{
	CLEANUP_FIXTURE struct fixture fixture;
	char content[4096];

	begin(&fixture, "");
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-ant-abc\n"), -EKEYREJECTED);
	expect_status(&fixture, ACCOUNT, "last-error: begins with another vendor's prefix");
	expect_status(&fixture, ACCOUNT, "(api_key, by root)");
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-proj-good\n"), 0);
	cr_assert_eq(fixture_read(&fixture, ACCOUNT "/.status", content), 0);
	cr_assert_null(strstr(content, "last-error"));
}

Test(credential, a_proxy_may_issue_other_keys_but_not_another_vendors)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture, "");
	cr_assert_eq(fixture_put(&fixture, ACCOUNT "/api_base", "https://proxy.example/v1\n"), 0);
	cr_assert_eq(fixture_put(&fixture, KEY, "proxy-key\n"), 0);
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-ant-abc\n"), -EKEYREJECTED);
	expect(&fixture, KEY, "proxy-key");
}

Test(credential, truncation_alone_keeps_the_value_and_says_so)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture, "");
	cr_assert_eq(fixture_put(&fixture, KEY, ""), 0);
	expect(&fixture, KEY, "sk-proj-old");
	expect_status(&fixture, ACCOUNT, "last-error: truncated without a value, old value kept");
}

Test(credential, two_keys_are_not_glued_together)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct fixture_saved saved;

	begin(&fixture, "");
	saved = fixture_save_with(&fixture, KEY, "sk-proj-second\n", O_WRONLY | O_APPEND);
	cr_assert_eq(saved.write, -EKEYREJECTED);
	expect(&fixture, KEY, "sk-proj-old");
	saved = fixture_save_with(&fixture, "orgs/acme/roles/admin", "group:ops\n",
				  O_WRONLY | O_APPEND);
	cr_assert_eq(saved.write, 0);
	saved = fixture_save_with(&fixture, "orgs/acme/roles/admin", "group:dev\n",
				  O_WRONLY | O_APPEND);
	cr_assert_eq(saved.write, 0);
	expect(&fixture, "orgs/acme/roles/admin", "group:ops\ngroup:dev\n");
}

Test(credential, the_identical_value_is_no_change)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct org *org = NULL;
	uint64_t generation;

	begin(&fixture, "");
	cr_assert_eq(store_org(fixture.store, 0, &org), 0);
	generation = org_generation(org);
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-proj-old\n"), 0);
	cr_assert_eq(org_generation(org), generation);
	cr_assert_eq(fixture_put(&fixture, "orgs/acme/roles/owner", "user:root\n"), 0);
	cr_assert_eq(fixture_put(&fixture, ACCOUNT "/provider", "openai\n"), 0);
	cr_assert_eq(org_generation(org), generation);
}

Test(credential, earlier_values_are_kept_as_many_as_configured)
{
	CLEANUP_FIXTURE struct fixture fixture;
	char content[4096];

	begin(&fixture, "[history]\nkeep = 2\n");
	for (int i = 2; i <= 5; i++) {
		char text[32];

		snprintf(text, sizeof text, "sk-proj-%d\n", i);
		cr_assert_eq(fixture_put(&fixture, KEY, text), 0);
	}
	expect(&fixture, ACCOUNT "/.history/api_key/4", "sk-proj-4");
	expect(&fixture, ACCOUNT "/.history/api_key/3", "sk-proj-3");
	cr_assert_eq(fixture_read(&fixture, ACCOUNT "/.history/api_key/2", content), -ENOENT);
	cr_assert_eq(fixture_read(&fixture, ACCOUNT "/.history/api_key/5", content), -ENOENT,
		     "the current value is no history");
	cr_assert_eq(fixture_read(&fixture, ACCOUNT "/.history/api_key/03", content), -ENOENT);
	expect_status(&fixture, ACCOUNT, "history: api_key: 3 4");
}

Test(credential, no_history_is_kept_when_none_is_wanted)
{
	CLEANUP_FIXTURE struct fixture fixture;
	char content[4096];

	begin(&fixture, "[history]\nkeep = 0\n");
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-proj-2\n"), 0);
	cr_assert_eq(fixture_read(&fixture, ACCOUNT "/.history/api_key/1", content), -ENOENT);
}

/* By rename as by writing. */
Test(credential, a_value_that_another_field_replaces_is_kept_as_configured)
{
	static const struct {
		const char *configuration;
		const char *status;
	} rows[] = {
		{"[history]\nkeep = 0\n", ""},
		{"[history]\nkeep = 1\n", "history: three: 2\n"},
		{"[history]\nkeep = 2\n", "history: three: 2 3\n"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		CLEANUP_FIXTURE struct fixture fixture;
		static const char generic[] = "orgs/acme/generic";
		static const char *const fields[] = {"orgs/acme/generic/one",
						     "orgs/acme/generic/two",
						     "orgs/acme/generic/three"};
		char content[4096];

		begin(&fixture, rows[i].configuration);
		cr_assert_eq(fixture_make(&fixture, generic, &fixture_root), 0);
		for (size_t j = 0; j < 3; j++)
			cr_assert_eq(fixture_put(&fixture, fields[j], fields[j]), 0);
		for (size_t j = 0; j < 2; j++)
			cr_assert_eq(fixture_rename(&fixture, fields[j], fields[2], &fixture_root),
				     0);
		expect(&fixture, fields[2], fields[1]);
		cr_assert_geq(fixture_read(&fixture, "orgs/acme/generic/.status", content), 0);
		cr_expect_str_eq(content, rows[i].status, "%zu: %s", i, content);
	}
}

Test(credential, a_refused_replacement_puts_back_what_it_removed)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture, "");
	cr_assert_eq(fixture_remove(&fixture, KEY, &fixture_root), 0);
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-ant-refused\n"), -EKEYREJECTED);
	expect(&fixture, KEY, "sk-proj-old");
	expect_status(&fixture, ACCOUNT, "last-error: begins with another vendor's prefix");
	cr_assert_eq(fixture_remove(&fixture, KEY, &fixture_root), 0);
	cr_assert_eq(fixture_put(&fixture, KEY, ""), 0, "as touch does: nothing was refused");
	cr_assert_eq(fixture_remove(&fixture, KEY, &fixture_root), -ENOENT);
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-proj-new\n"), 0);
	expect(&fixture, KEY, "sk-proj-new");
	expect_status(&fixture, ACCOUNT, "history: api_key: 1\n");
}

/* As mv from another file system, install and cp --remove-destination do. */
Test(credential, a_replacement_that_gets_nothing_puts_back_what_it_removed)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_TRUNC;

	begin(&fixture, "");
	cr_assert_eq(fixture_remove(&fixture, KEY, &fixture_root), 0);
	cr_assert_eq(fixture_save_with(&fixture, KEY, "", flags).close, 0);
	expect(&fixture, KEY, "sk-proj-old");
	expect_status(&fixture, ACCOUNT, "last-error: truncated without a value, old value kept");
}

Test(credential, a_replacement_may_take_its_time_before_it_is_refused)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct draft_write write = {0, (const uint8_t *)"sk-ant-x", 8, 1};
	struct tombstone tombstone;
	struct handle *handle;
	uint64_t number = 0;

	begin(&fixture, "[history]\nkeep = 0\n");
	cr_assert_eq(fixture_remove(&fixture, KEY, &fixture_root), 0);
	cr_assert_eq(
		fixture_open(&fixture, KEY, O_WRONLY | O_CREAT | O_TRUNC, &fixture_root, &number),
		0);
	handle = handles_get(fixture.handles, number);
	cr_assert_not(tombstones_take_expired(
		&fixture.tree.tombstones, tree_monotonic() + UINT64_C(60000000000), &tombstone));
	cr_assert_eq(draft_write(&fixture.tree, handle_draft(handle), &write), -EKEYREJECTED);
	handles_close(fixture.handles, &fixture.tree, number);
	expect(&fixture, KEY, "sk-proj-old");
}

Test(credential, without_history_a_removed_value_is_erased_when_nobody_can_want_it_back)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct tombstone tombstone;
	struct secret *value = NULL;
	struct org *org = NULL;
	struct node node;

	begin(&fixture, "[history]\nkeep = 0\n");
	cr_assert_eq(fixture_find(&fixture, KEY, &node), 0);
	cr_assert_eq(fixture_remove(&fixture, KEY, &fixture_root), 0);
	cr_assert(tombstones_take_expired(&fixture.tree.tombstones, UINT64_MAX, &tombstone));
	credential_erase(&fixture.tree, &tombstone);
	cr_assert_eq(store_org(fixture.store, 0, &org), 0);
	cr_assert_eq(org_value(org, node.id, 1, &value, NULL), -ENOENT);
}

Test(credential, a_removed_field_leaves_its_history_until_the_account_goes)
{
	CLEANUP_FIXTURE struct fixture fixture;
	char content[4096];

	begin(&fixture, "");
	cr_assert_eq(fixture_remove(&fixture, KEY, &fixture_root), 0);
	cr_assert_eq(fixture_read(&fixture, KEY, content), -ENOENT);
	expect(&fixture, ACCOUNT "/.history/api_key/1", "sk-proj-old");
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-proj-again\n"), 0);
	expect(&fixture, KEY, "sk-proj-again");
	expect(&fixture, ACCOUNT "/.history/api_key/1", "sk-proj-old");
	cr_assert_eq(fixture_remove(&fixture, ACCOUNT, &fixture_root), -ENOTEMPTY);
	cr_assert_eq(fixture_remove(&fixture, KEY, &fixture_root), 0);
	cr_assert_eq(fixture_remove(&fixture, ACCOUNT, &fixture_root), 0);
	cr_assert_eq(fixture_make(&fixture, ACCOUNT, &fixture_root), 0);
	cr_assert_eq(fixture_read(&fixture, ACCOUNT "/.history/api_key/1", content), -ENOENT);
}

Test(credential, moves_to_a_field_that_takes_it)
{
	CLEANUP_FIXTURE struct fixture fixture;
	char content[4096];

	begin(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, "orgs/acme/second", &fixture_root), 0);
	cr_assert_eq(fixture_make(&fixture, "orgs/acme/anthropic", &fixture_root), 0);
	cr_assert_eq(fixture_rename(&fixture, KEY, "orgs/acme/anthropic/api_key", &fixture_root),
		     -EKEYREJECTED);
	expect(&fixture, KEY, "sk-proj-old");
	cr_assert_eq(fixture_rename(&fixture, KEY, "orgs/acme/second/spare", &fixture_root), 0);
	expect(&fixture, "orgs/acme/second/spare", "sk-proj-old");
	cr_assert_eq(fixture_read(&fixture, KEY, content), -ENOENT);
}

Test(credential, what_a_move_replaces_becomes_history)
{
	CLEANUP_FIXTURE struct fixture fixture;
	char content[4096];

	begin(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, "orgs/acme/second", &fixture_root), 0);
	cr_assert_eq(fixture_put(&fixture, "orgs/acme/second/spare", "sk-spare\n"), 0);
	cr_assert_eq(fixture_rename(&fixture, "orgs/acme/second/spare", KEY, &fixture_root), 0);
	expect(&fixture, KEY, "sk-spare");
	expect_status(&fixture, ACCOUNT, "history: api_key: 2\n");
	expect(&fixture, ACCOUNT "/.history/api_key/2", "sk-proj-old");
	cr_assert_eq(fixture_read(&fixture, "orgs/acme/second/spare", content), -ENOENT);
	cr_assert_eq(fixture_rename(&fixture, KEY, ACCOUNT "/provider", &fixture_root), -EPERM);
}

Test(credential, longer_than_64_kib_is_too_long)
{
	CLEANUP_FIXTURE struct fixture fixture;
	char *text = calloc(1, 64 * 1024 + 3);

	begin(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, "orgs/acme/notes", &fixture_root), 0);
	memset(text, 'x', 64 * 1024);
	text[64 * 1024] = '\n';
	cr_assert_eq(fixture_put(&fixture, "orgs/acme/notes/text", text), 0);
	text[64 * 1024] = 'x';
	cr_assert_eq(fixture_put(&fixture, "orgs/acme/notes/text", text), -EFBIG);
	free(text);
}

/* cp -r goes through a directory by inode number. */
Test(credential, what_an_account_is_has_the_lowest_number_and_where_it_is_the_next)
{
	static const char *const order[] = {"provider", "api_base", "api_key"};
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_init(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, "orgs/acme", &fixture_root), 0);
	for (int i = 0; i < 20; i++) {
		uint64_t last = 0;
		char path[64];

		snprintf(path, sizeof path, "orgs/acme/team %d", i);
		cr_assert_eq(fixture_make(&fixture, path, &fixture_root), 0);
		snprintf(path, sizeof path, "orgs/acme/team %d/api_key", i);
		cr_assert_eq(fixture_put(&fixture, path, "key\n"), 0);
		snprintf(path, sizeof path, "orgs/acme/team %d/api_base", i);
		cr_assert_eq(fixture_put(&fixture, path, "https://proxy.example\n"), 0);
		for (size_t file = 0; file < sizeof order / sizeof order[0]; file++) {
			struct node node;

			snprintf(path, sizeof path, "orgs/acme/team %d/%s", i, order[file]);
			cr_assert_eq(fixture_find(&fixture, path, &node), 0);
			cr_assert_gt(tree_inode(&fixture.tree, &node), last, "%s", path);
			last = tree_inode(&fixture.tree, &node);
		}
	}
}
