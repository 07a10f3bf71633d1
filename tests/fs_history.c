#include "fs/history.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

#include "tests/acme.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define HISTORY OPENAI "/.history"

static const struct {
	const char *path;
	const char *value; /* NULL: there is none */
} values[] = {
	{HISTORY "/api_key/1", "sk-proj-1"},
	{HISTORY "/api_key/2", NULL}, /* the current one */
	{HISTORY "/api_key/3", NULL},
	{HISTORY "/api_key/0", NULL},
	{HISTORY "/api_key/01", NULL},
	{HISTORY "/api_key/+1", NULL},
	{HISTORY "/api_key/ 1", NULL},
	{HISTORY "/api_key/1 ", NULL},
	{HISTORY "/api_key/-1", NULL},
	{HISTORY "/api_key/1x", NULL},
	{HISTORY "/api_key/0x1", NULL},
	{HISTORY "/api_key/x", NULL},
	{HISTORY "/api_key/18446744073709551617", NULL}, /* 2^64 + 1 */
	{HISTORY "/api_base/1", NULL},
	{HISTORY "/organization/1", NULL},
	{HISTORY "/provider/1", NULL},
	{ACME "/unlinked/.history/api_key/1", NULL},
};

Test(history, has_the_earlier_values_by_version)
{
	CLEANUP_FIXTURE struct fixture fixture;
	char content[4096];

	acme_init(&fixture, "");
	for (size_t i = 0; i < COUNT(values); i++) {
		if (values[i].value)
			view_expect(&fixture, values[i].path, values[i].value);
		else
			cr_expect_eq(fixture_read(&fixture, values[i].path, content), -ENOENT, "%s",
				     values[i].path);
	}
}

Test(history, grows_with_each_value_and_keeps_ten)
{
	CLEANUP_FIXTURE struct fixture fixture;
	char content[4096], text[64];

	acme_init(&fixture, "");
	for (unsigned version = 3; version <= 13; version++) {
		snprintf(text, sizeof text, "sk-proj-v%u\n", version);
		cr_assert_eq(fixture_put(&fixture, KEY, text), 0);
	}
	cr_expect_eq(fixture_read(&fixture, HISTORY "/api_key/2", content), -ENOENT);
	view_expect(&fixture, HISTORY "/api_key/3", "sk-proj-v3");
	view_expect(&fixture, HISTORY "/api_key/12", "sk-proj-v12");
	cr_expect_eq(fixture_read(&fixture, HISTORY "/api_key/13", content), -ENOENT);
	view_expect_part(&fixture, OPENAI "/.status", "history: api_key: 3 4 5 6 7 8 9 10 11 12\n");
}

Test(history, lists_nothing_so_that_nothing_wanders_in)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	view_expect_list(&fixture, HISTORY, &fixture_root, "");
	view_expect_list(&fixture, HISTORY "/api_key", &fixture_root, "");
}

Test(history, of_a_field_that_was_removed_has_its_last_value)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_remove(&fixture, KEY, &fixture_root), 0);
	view_expect(&fixture, HISTORY "/api_key/1", "sk-proj-1");
	view_expect(&fixture, HISTORY "/api_key/2", "sk-proj-22");
}

Test(history, can_be_copied_back)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-proj-1"), 0);
	view_expect(&fixture, KEY, "sk-proj-1");
	view_expect(&fixture, HISTORY "/api_key/2", "sk-proj-22");
}

Test(history, cannot_be_changed)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_expect_eq(fixture_save(&fixture, HISTORY "/api_key/1", "sk-x\n", &fixture_root).open,
		     -EACCES);
	cr_expect_eq(fixture_save(&fixture, HISTORY "/new", "sk-x\n", &fixture_root).open, -EPERM);
	cr_expect_eq(fixture_remove(&fixture, HISTORY "/api_key/1", &fixture_root), -EPERM);
	cr_expect_eq(fixture_remove(&fixture, HISTORY "/api_key", &fixture_root), -EPERM);
	cr_expect_eq(fixture_make(&fixture, HISTORY "/new", &fixture_root), -EPERM);
	cr_expect_eq(fixture_rename(&fixture, HISTORY "/api_key/1", KEY, &fixture_root), -EPERM);
	view_expect(&fixture, HISTORY "/api_key/1", "sk-proj-1");
}

Test(history, is_as_old_as_its_value)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct stat before, after;

	acme_init(&fixture, "");
	before = view_stat(&fixture, ACME "/unlinked/api_key");
	cr_assert_eq(fixture_put(&fixture, ACME "/unlinked/api_key", "sk-proj-new\n"), 0);
	after = view_stat(&fixture, ACME "/unlinked/.history/api_key/1");
	cr_expect_leq(labs(before.st_mtim.tv_sec - after.st_mtim.tv_sec), 1);
	cr_expect_eq(after.st_size, (off_t)strlen("sk-proj-3"));
}

Test(history, that_is_damaged_says_so_and_keeps_its_place)
{
	CLEANUP_FIXTURE struct fixture fixture;
	char content[4096];
	struct node node;

	acme_init(&fixture, "");
	fixture_tamper(&fixture, "UPDATE value SET ct = zeroblob(length(ct)) WHERE ver = 1");
	cr_expect_eq(fixture_find(&fixture, HISTORY "/api_key/1", &node), 0);
	cr_expect_eq(fixture_read(&fixture, HISTORY "/api_key/1", content), -EBADMSG);
	view_expect(&fixture, KEY, "sk-proj-22");
}
