#include "fs/announce.h"

#include <criterion/criterion.h>
#include <fcntl.h>

#include "tests/acme.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* The fixture is the context of all three calls, so that what was announced is kept here. */
static struct {
	unsigned count;
	uint64_t inode;
	char path[512];
} heard;

static void hear(void *context, uint64_t inode, const char *path)
{
	(void)context;
	heard.count++;
	heard.inode = inode;
	snprintf(heard.path, sizeof heard.path, "%s", path);
}

static const char *const told[] = {
	KEY,
	OPENAI "/provider",
	OWN "/api_key",
	OWN "/provider",
	ACME "/roles/admin",
	ETL "/roles/runner",
};

Test(announce, names_the_file_as_it_is_found)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node key;

	acme_init(&fixture, "");
	fixture.tree.announce = hear;
	for (size_t i = 0; i < COUNT(told); i++) {
		const struct node node = view_know(&fixture, told[i]);

		announce(&fixture.tree, &node);
		cr_expect_eq(heard.count, i + 1, "%s", told[i]);
		cr_expect_str_eq(heard.path, told[i]);
		cr_expect_eq(heard.inode, tree_inode(&fixture.tree, &node));
	}
	cr_assert_eq(fixture_rename(&fixture, OPENAI, ACME "/renamed", &fixture_root), 0);
	key = view_node(&fixture, ACME "/renamed/api_key");
	announce(&fixture.tree, &key);
	cr_expect_str_eq(heard.path, ACME "/renamed/api_key");
}

static const char *const untold[] = {ACME, OPENAI, OPENAI "/.info", ETL "/openai", ""};

Test(announce, says_nothing_of_what_nobody_watches)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node key;

	acme_init(&fixture, "");
	fixture.tree.announce = hear;
	for (size_t i = 0; i < COUNT(untold); i++) {
		const struct node node = view_know(&fixture, untold[i]);

		announce(&fixture.tree, &node);
	}
	key = view_node(&fixture, KEY);
	announce(&fixture.tree, &key);
	cr_expect_eq(heard.count, 0, "nobody has looked the key up");
	fixture.tree.announce = NULL;
	key = view_know(&fixture, KEY);
	announce(&fixture.tree, &key);
	cr_expect_eq(heard.count, 0);
}

Test(announce, is_for_what_the_daemon_puts_back_and_not_for_what_is_saved)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	fixture.tree.announce = hear;
	view_know(&fixture, KEY);
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-proj-3\n"), 0);
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-ant-3\n"), -EKEYREJECTED);
	cr_assert_eq(fixture_remove(&fixture, KEY, &fixture_root), 0);
	cr_expect_eq(heard.count, 0);
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-ant-3\n"), -EKEYREJECTED);
	cr_expect_eq(heard.count, 1);
	cr_expect_str_eq(heard.path, KEY);
}
