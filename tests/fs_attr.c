#include "fs/attr.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "fs/kind.h"
#include "tests/acme.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define BARE "orgs/bare"
#define TEMPORARY ETL "/CuAb12Cd"

/* One of each kind: with holders of all roles, and in an organisation that only root may enter. */
static const struct {
	const char *path;
	mode_t mode;
} modes[] = {
	{"", S_IFDIR | 0705},
	{".status", S_IFREG | 0400},
	{"orgs", S_IFDIR | 0705},
	{"providers", S_IFDIR | 0505},
	{"providers/openai", S_IFREG | 0404},
	{ACME, S_IFDIR | 0770},
	{ACME "/roles", S_IFDIR | 0770},
	{ACME "/roles/owner", S_IFREG | 0660},
	{ACME "/projects", S_IFDIR | 0770},
	{ETL, S_IFDIR | 0770},
	{ETL "/roles", S_IFDIR | 0770},
	{ETL "/roles/runner", S_IFREG | 0660},
	{ETL "/openai", S_IFLNK | 0777},
	{TEMPORARY, S_IFLNK | 0777},
	{OPENAI, S_IFDIR | 0770},
	{OPENAI "/provider", S_IFREG | 0660},
	{OPENAI "/.info", S_IFREG | 0440},
	{OPENAI "/.status", S_IFREG | 0440},
	{OPENAI "/.history", S_IFDIR | 0550},
	{KEY, S_IFREG | 0660},
	{OPENAI "/api_base", S_IFREG | 0660},
	{OPENAI "/.history/api_key", S_IFDIR | 0550},
	{OPENAI "/.history/api_key/1", S_IFREG | 0440},
	{OWN "/api_key", S_IFREG | 0660},
	{BARE, S_IFDIR | 0700},
	{BARE "/roles", S_IFDIR | 0700},
	{BARE "/roles/owner", S_IFREG | 0600},
	{BARE "/projects", S_IFDIR | 0700},
	{BARE "/openai", S_IFDIR | 0700},
	{BARE "/openai/provider", S_IFREG | 0600},
	{BARE "/openai/.info", S_IFREG | 0400},
	{BARE "/openai/.status", S_IFREG | 0400},
	{BARE "/openai/.history", S_IFDIR | 0500},
	{BARE "/openai/api_key", S_IFREG | 0600},
};

static void begin(struct fixture *fixture)
{
	acme_init(fixture, "");
	cr_assert_eq(fixture_make(fixture, BARE, &fixture_root), 0);
	cr_assert_eq(fixture_make(fixture, BARE "/openai", &fixture_root), 0);
	cr_assert_eq(fixture_put(fixture, BARE "/openai/api_key", "sk-bare\n"), 0);
	cr_assert_eq(fixture_link(fixture, "../../unlinked", TEMPORARY, &fixture_root), 0);
}

Test(attr, the_mode_is_that_of_the_list)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	for (size_t i = 0; i < COUNT(modes); i++) {
		const struct stat st = view_stat(&fixture, modes[i].path);

		cr_expect_eq(st.st_mode, modes[i].mode, "%s: %#o", modes[i].path, st.st_mode);
	}
}

Test(attr, everything_belongs_to_the_daemon)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	for (size_t i = 0; i < COUNT(modes); i++) {
		const struct node node = view_node(&fixture, modes[i].path);
		const struct stat st = view_stat(&fixture, modes[i].path);

		cr_expect_eq(st.st_uid, 65523);
		cr_expect_eq(st.st_gid, 65523);
		cr_expect_eq(st.st_nlink, 1);
		cr_expect_eq(st.st_ino, tree_inode(&fixture.tree, &node), "%s", modes[i].path);
	}
}

/* Tools read as many bytes as stat(2) has promised. */
Test(attr, the_size_is_that_of_the_content)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	for (size_t i = 0; i < COUNT(modes); i++) {
		const struct stat st = view_stat(&fixture, modes[i].path);
		char content[4096] = "";

		if (!S_ISDIR(st.st_mode))
			cr_assert_eq(fixture_read(&fixture, modes[i].path, content), 0, "%s",
				     modes[i].path);
		cr_expect_eq(st.st_size, (off_t)strlen(content), "%s: %ld", modes[i].path,
			     (long)st.st_size);
		cr_expect_eq(st.st_blocks, (st.st_size + 511) / 512, "%s", modes[i].path);
	}
}

static const struct {
	const char *text;
	off_t size;
} sizes[] = {
	{"x", 1}, {"x\n", 1}, {"x\r\n", 1}, {"x\ny", 3}, {"x\ny\n", 4}, {"\xc3\xa4\n", 2},
};

Test(attr, the_size_of_a_field_follows_its_value)
{
	CLEANUP_FREE char *longest = calloc(1, (64 << 10) + 1);
	CLEANUP_FIXTURE struct fixture fixture;
	struct stat st;

	begin(&fixture);
	cr_assert_eq(fixture_make(&fixture, ACME "/notes", &fixture_root), 0);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		cr_assert_eq(fixture_put(&fixture, ACME "/notes/text", sizes[i].text), 0);
		cr_expect_eq(view_stat(&fixture, ACME "/notes/text").st_size, sizes[i].size, "%zu",
			     i);
	}
	cr_assert_not_null(longest);
	memset(longest, 'x', 64 << 10);
	cr_assert_eq(fixture_put(&fixture, ACME "/notes/text", longest), 0);
	st = view_stat(&fixture, ACME "/notes/text");
	cr_expect_eq(st.st_size, 64 << 10);
	cr_expect_eq(st.st_blocks, 128);
}

static bool same_time(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* After KEY is saved. */
static const struct {
	const char *path;
	bool changed;
} times[] = {
	{KEY, true},
	{OPENAI, true},
	{OPENAI "/.info", true},
	{OPENAI "/.status", true},
	{OPENAI "/.history", true},
	{ACME, true},
	{OPENAI "/api_base", false},
	{OPENAI "/provider", false},
	{OPENAI "/.history/api_key/1", false},
	{ACME "/unlinked", false},
	{ACME "/roles/owner", false},
	{ETL, false},
	{ETL "/openai", false},
	{BARE, false},
	{"orgs", false},
	{"", false},
};

Test(attr, the_time_is_that_of_the_last_real_change)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct stat before[COUNT(times)];

	begin(&fixture);
	for (size_t i = 0; i < COUNT(times); i++)
		before[i] = view_stat(&fixture, times[i].path);
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-proj-22\n"), 0);
	cr_assert_eq(fixture_put(&fixture, KEY, ""), 0);
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-ant-1\n"), -EKEYREJECTED);
	for (size_t i = 0; i < COUNT(times); i++) {
		const struct stat after = view_stat(&fixture, times[i].path);

		cr_expect(same_time(&before[i], &after), "%s, though nothing was", times[i].path);
	}
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-proj-333\n"), 0);
	for (size_t i = 0; i < COUNT(times); i++) {
		const struct stat after = view_stat(&fixture, times[i].path);

		cr_expect_eq(!same_time(&before[i], &after), times[i].changed, "%s", times[i].path);
		cr_expect_eq(memcmp(&after.st_mtim, &after.st_ctim, sizeof after.st_mtim), 0);
	}
}

Test(attr, the_time_is_stored)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct stat before, after;

	begin(&fixture);
	before = view_stat(&fixture, KEY);
	cr_expect_leq(labs(before.st_mtim.tv_sec - time(NULL)), 5);
	fixture_restart(&fixture);
	after = view_stat(&fixture, KEY);
	cr_expect(same_time(&before, &after));
}

static void make_scratch(struct fixture *fixture)
{
	uint64_t number = 0;

	cr_assert_eq(
		fixture_open(fixture, OPENAI "/4913", O_WRONLY | O_CREAT, &fixture_root, &number),
		0);
	handles_close(fixture->handles, &fixture->tree, number);
}

/* What changes without anybody being told is asked for each time. */
static const struct {
	const char *path;
	double attributes;
	double name;
} timeouts[] = {
	{"", 3600, 3600},
	{".status", 0, 3600},
	{"orgs", 3600, 3600},
	{KEY, 3600, 3600},
	{OPENAI "/.status", 3600, 3600},
	{ETL "/openai", 0, 3600},
	{TEMPORARY, 0, 0},
	{OPENAI "/4913", 0, 0},
};

Test(attr, the_kernel_keeps_what_it_is_told_of_again)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	make_scratch(&fixture);
	for (size_t i = 0; i < COUNT(timeouts); i++) {
		const struct node node = view_node(&fixture, timeouts[i].path);

		cr_expect_eq(attr_timeout(&node), timeouts[i].attributes, "%s", timeouts[i].path);
		cr_expect_eq(name_timeout(&node), timeouts[i].name, "%s", timeouts[i].path);
	}
}

Test(attr, a_scratch_file_is_its_makers)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct stat st;

	begin(&fixture);
	make_scratch(&fixture);
	st = view_stat(&fixture, OPENAI "/4913");
	cr_expect_eq(st.st_uid, 0);
	cr_expect_eq(st.st_gid, 0);
	cr_expect_eq(st.st_mode & ~0700u, S_IFREG, "%#o", st.st_mode);
	cr_expect_eq(st.st_size, 0);
	cr_expect_eq(st.st_nlink, 1);
}

/* Opening it says what is wrong; a listing shows that it is there. */
Test(attr, a_damaged_value_keeps_its_place)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	fixture_tamper(&fixture, "UPDATE value SET ct = zeroblob(length(ct))");
	cr_expect_eq(view_stat(&fixture, KEY).st_size, (off_t)strlen("sk-proj-22"));
	cr_expect_eq(view_stat(&fixture, OPENAI "/.history/api_key/1").st_size, 0);
}

Test(attr, of_what_cannot_be_read_there_is_none)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct inode inode = {.node = {.kind = NODE_ORG, .pin = 0}};
	struct stat st;

	begin(&fixture);
	fixture_tamper(&fixture, "UPDATE log SET entry = zeroblob(length(entry)) WHERE gen = 1");
	cr_expect_eq(attr_of(&fixture.tree, &inode, &st), -EIO);
}
