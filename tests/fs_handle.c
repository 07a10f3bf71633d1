#include "fs/handles.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

#include "tests/acme.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static uint64_t open_as(struct fixture *fixture, const char *path, int flags,
			const struct caller *caller)
{
	uint64_t number = 0;

	cr_assert_eq(fixture_open(fixture, path, flags, caller, &number), 0, "%s", path);
	return number;
}

static int read_at(struct fixture *fixture, uint64_t number, const struct caller *caller,
		   const struct handle_range *range, char ret[4096])
{
	struct handle_bytes bytes = {0};
	int r = handle_read(&fixture->tree, handles_get(fixture->handles, number), caller, range,
			    &bytes);

	if (r < 0)
		return r;
	cr_assert_lt(bytes.size, 4096);
	if (bytes.size)
		memcpy(ret, bytes.bytes, bytes.size);
	ret[bytes.size] = '\0';
	return 0;
}

static void expect_at(struct fixture *fixture, uint64_t number, uint64_t offset,
		      const char *expected)
{
	const struct handle_range range = {offset, 4095, false};
	char content[4096];

	cr_assert_eq(read_at(fixture, number, &fixture_root, &range, content), 0);
	cr_expect_str_eq(content, expected, "\"%s\"", content);
}

static void expect_error(struct fixture *fixture, uint64_t number, int expected)
{
	const struct handle_range range = {0, 4095, false};
	char content[4096];

	cr_expect_eq(read_at(fixture, number, &fixture_root, &range, content), expected);
}

static void close_it(struct fixture *fixture, uint64_t number)
{
	handles_close(fixture->handles, &fixture->tree, number);
}

static const struct {
	struct handle_range range;
	const char *expected;
} ranges[] = {
	{{0, 4095, false}, "sk-proj-22"},
	{{0, 10, false}, "sk-proj-22"},
	{{0, 2, false}, "sk"},
	{{3, 4, false}, "proj"},
	{{9, 1, false}, "2"},
	{{9, 100, false}, "2"},
	{{10, 1, false}, ""},
	{{11, 1, false}, ""},
	{{UINT64_MAX, 4095, false}, ""},
	{{0, 0, false}, ""},
	{{5, 0, false}, ""},
	{{1, SIZE_MAX, false}, "k-proj-22"},
};

Test(handle, reads_the_bytes_of_a_range)
{
	CLEANUP_FIXTURE struct fixture fixture;
	uint64_t number;

	acme_init(&fixture, "");
	number = open_as(&fixture, KEY, O_RDONLY, &fixture_root);
	for (size_t i = 0; i < COUNT(ranges); i++) {
		char content[4096];

		cr_assert_eq(read_at(&fixture, number, &fixture_root, &ranges[i].range, content),
			     0);
		cr_expect_str_eq(content, ranges[i].expected, "%zu: \"%s\"", i, content);
	}
}

/* All of the old value or all of the new one. */
Test(handle, goes_on_with_its_value_and_begins_again_with_the_new_one)
{
	CLEANUP_FIXTURE struct fixture fixture;
	uint64_t number;

	acme_init(&fixture, "");
	number = open_as(&fixture, KEY, O_RDONLY, &fixture_root);
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-other-one\n"), 0);
	expect_at(&fixture, number, 0, "sk-proj-22");
	expect_at(&fixture, number, 3, "proj-22");
	expect_at(&fixture, number, 0, "sk-other-one");
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-third\n"), 0);
	expect_at(&fixture, number, 3, "other-one");
	expect_at(&fixture, number, 12, "");
	expect_at(&fixture, number, 0, "sk-third");
}

Test(handle, is_behind_when_there_is_another_value)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct handle *handle;
	uint64_t number;

	acme_init(&fixture, "");
	number = open_as(&fixture, KEY, O_RDONLY, &fixture_root);
	handle = handles_get(fixture.handles, number);
	cr_expect_not(handle_is_behind(&fixture.tree, handle));
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-other-one\n"), 0);
	cr_expect(handle_is_behind(&fixture.tree, handle));
	expect_at(&fixture, number, 0, "sk-proj-22");
	cr_expect(handle_is_behind(&fixture.tree, handle));
	expect_at(&fixture, number, 0, "sk-other-one");
	cr_expect_not(handle_is_behind(&fixture.tree, handle));
}

Test(handle, keeps_the_value_of_a_field_that_is_removed)
{
	CLEANUP_FIXTURE struct fixture fixture;
	uint64_t number;

	acme_init(&fixture, "");
	number = open_as(&fixture, KEY, O_RDONLY, &fixture_root);
	expect_at(&fixture, number, 0, "sk-proj-22");
	cr_assert_eq(fixture_remove(&fixture, KEY, &fixture_root), 0);
	expect_at(&fixture, number, 0, "sk-proj-22");
	expect_at(&fixture, number, 3, "proj-22");
}

static const struct {
	const char *path;
	int flags;
	int expected;
} openings[] = {
	{KEY, O_RDONLY, 0},
	{KEY, O_WRONLY, 0},
	{KEY, O_RDWR, 0},
	{OPENAI, O_RDONLY, -EISDIR},
	{OPENAI, O_WRONLY, -EACCES},
	{OPENAI "/.info", O_WRONLY, -EACCES},
	{OPENAI "/.status", O_RDWR, -EACCES},
	{OPENAI "/.history/api_key/1", O_WRONLY, -EACCES},
	{OPENAI "/organization", O_RDONLY, -ENOENT},
	{OPENAI "/organization", O_RDONLY | O_CREAT, -ENOENT},
	{"providers/openai", O_RDONLY, 0},
	{"providers/openai", O_WRONLY, -EACCES},
	{".status", O_RDONLY, 0},
	{".status", O_WRONLY, -EACCES},
};

Test(handle, is_what_the_kind_of_node_allows)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (size_t i = 0; i < COUNT(openings); i++) {
		uint64_t number = 0;
		const int r = fixture_open(&fixture, openings[i].path, openings[i].flags,
					   &fixture_root, &number);

		cr_expect_eq(r, openings[i].expected, "%s, %#o: %d", openings[i].path,
			     openings[i].flags, r);
	}
}

Test(handle, has_a_draft_only_to_write)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct handle *reader, *writer;

	acme_init(&fixture, "");
	reader = handles_get(fixture.handles, open_as(&fixture, KEY, O_RDONLY, &fixture_root));
	writer = handles_get(fixture.handles, open_as(&fixture, KEY, O_RDWR, &fixture_root));
	cr_expect_null(handle_draft(reader));
	cr_expect_not_null(handle_draft(writer));
	cr_expect_null(handle_scratch(reader));
	cr_expect_null(handle_scratch(writer));
}

Test(handle, that_writes_reads_its_own_draft)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct draft_write write = {8, (const uint8_t *)"333", 3, 77};
	uint64_t number, truncated;

	acme_init(&fixture, "");
	number = open_as(&fixture, KEY, O_RDWR, &fixture_root);
	truncated = open_as(&fixture, KEY, O_RDWR | O_TRUNC, &fixture_root);
	expect_at(&fixture, number, 0, "sk-proj-22");
	expect_at(&fixture, truncated, 0, "");
	cr_assert_eq(draft_write(&fixture.tree, handle_draft(handles_get(fixture.handles, number)),
				 &write),
		     0);
	expect_at(&fixture, number, 0, "sk-proj-333");
	view_expect(&fixture, KEY, "sk-proj-22");
}

Test(handle, has_a_number_that_no_other_has_or_had)
{
	CLEANUP_FIXTURE struct fixture fixture;
	uint64_t one, two, three;

	acme_init(&fixture, "");
	one = open_as(&fixture, KEY, O_RDONLY, &fixture_root);
	two = open_as(&fixture, KEY, O_RDONLY, &fixture_root);
	cr_expect_neq(one, two);
	handles_close(fixture.handles, &fixture.tree, one);
	cr_expect_null(handles_get(fixture.handles, one));
	handles_close(fixture.handles, &fixture.tree, one);
	three = open_as(&fixture, KEY, O_RDONLY, &fixture_root);
	cr_expect_neq(three, one);
	cr_expect_null(handles_get(fixture.handles, one));
	cr_expect_null(handles_get(fixture.handles, 0));
	cr_expect_null(handles_get(fixture.handles, UINT64_MAX));
	cr_expect_not_null(handles_get(fixture.handles, two));
}

Test(handle, of_a_runner_ends_with_the_link_that_gave_it)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);
	uint64_t number;

	acme_init(&fixture, "");
	number = open_as(&fixture, KEY, O_RDONLY, &runner);
	expect_at(&fixture, number, 0, "sk-proj-22");
	cr_assert_eq(fixture_remove(&fixture, ETL "/openai", &fixture_root), 0);
	expect_error(&fixture, number, -EACCES);
	expect_error(&fixture, number, -EACCES);
	cr_assert_eq(fixture_link(&fixture, "../../openai", ETL "/again", &fixture_root), 0);
	expect_at(&fixture, number, 0, "sk-proj-22");
}

Test(handle, ends_with_the_line_that_gave_it_also_in_the_midst_of_reading)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct handle_range rest = {3, 100, false};
	const struct caller runner = acme_holder(ACME_RUNNER);
	const struct caller maintainer = acme_holder(ACME_MAINTAINER);
	uint64_t his, hers;
	char content[4096];

	acme_init(&fixture, "");
	his = open_as(&fixture, KEY, O_RDONLY, &runner);
	hers = open_as(&fixture, KEY, O_RDONLY, &maintainer);
	expect_at(&fixture, his, 0, "sk-proj-22");
	cr_assert_eq(fixture_remove(&fixture, ETL "/roles/runner", &fixture_root), 0);
	cr_expect_eq(read_at(&fixture, his, &runner, &rest, content), -EACCES);
	expect_at(&fixture, hers, 0, "sk-proj-22");
}

Test(handle, lives_on_with_a_right_that_another_line_gives)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);
	uint64_t number;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_put(&fixture, ETL "/roles/maintainer", "group:www-data\n"), 0);
	number = open_as(&fixture, KEY, O_RDONLY, &runner);
	cr_assert_eq(fixture_remove(&fixture, ETL "/roles/runner", &fixture_root), 0);
	expect_at(&fixture, number, 0, "sk-proj-22");
	cr_assert_eq(fixture_remove(&fixture, ETL "/roles/maintainer", &fixture_root), 0);
	expect_error(&fixture, number, -EACCES);
}

Test(handle, of_a_field_that_becomes_secret_ends_for_those_who_only_list)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller member = acme_holder(ACME_MEMBER);
	uint64_t number;

	acme_init(&fixture, "");
	number = open_as(&fixture, OPENAI "/api_base", O_RDONLY, &member);
	expect_at(&fixture, number, 0, "https://proxy.example/v1");
	cr_assert_eq(fixture_put(&fixture, OPENAI "/provider", "generic\n"), 0);
	expect_error(&fixture, number, -EACCES);
}

/* What the kernel let in by a list that was taken back meanwhile. */
Test(handle, is_judged_by_the_daemon_for_ten_seconds_after_a_change)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller nobody = acme_holder(ACME_NOBODY);
	struct tree_org *state;
	struct node key;
	uint64_t number = 0;

	acme_init(&fixture, "");
	key = view_node(&fixture, KEY);
	state = tree_org_state(&fixture.tree, 0);
	cr_expect(opener_needs_groups(&fixture.tree, &key, O_RDONLY));
	cr_expect_eq(fixture_open(&fixture, KEY, O_RDONLY, &nobody, &number), -EACCES);
	state->access_changed -= UINT64_C(10000000000);
	cr_expect_not(opener_needs_groups(&fixture.tree, &key, O_RDONLY));
	cr_expect_eq(fixture_open(&fixture, KEY, O_RDONLY, &nobody, &number), 0, "the kernel's");
	state->access_changed = 0;
	cr_expect_not(opener_needs_groups(&fixture.tree, &key, O_RDONLY), "never changed");
}

Test(handle, that_writes_is_always_judged_by_the_daemon)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);
	struct node key;
	uint64_t number = 0;

	acme_init(&fixture, "");
	key = view_node(&fixture, KEY);
	tree_org_state(&fixture.tree, 0)->access_changed = 0;
	cr_expect(opener_needs_groups(&fixture.tree, &key, O_WRONLY));
	cr_expect(opener_needs_groups(&fixture.tree, &key, O_RDWR));
	cr_expect_eq(fixture_open(&fixture, KEY, O_WRONLY, &runner, &number), -EACCES);
	cr_expect_eq(fixture_open(&fixture, KEY, O_RDWR, &runner, &number), -EACCES);
	cr_expect_eq(fixture_open(&fixture, KEY, O_RDONLY, &runner, &number), 0);
}

/* Opened when nothing had changed for long, so that nobody asked for the groups. */
static uint64_t open_without_groups(struct fixture *fixture, const struct caller *caller)
{
	struct caller plain = *caller;

	plain.groups = NULL;
	plain.group_count = 0;
	plain.groups_known = false;
	tree_org_state(&fixture->tree, 0)->access_changed = 0;
	return open_as(fixture, KEY, O_RDONLY, &plain);
}

/* Who reads through the opener's descriptor after a change; the role is the group adm's. */
static const struct {
	struct caller reader; /* of the group adm, which no user database says */
	int expected;
} readers[] = {
	{{.uid = 33, .gid = 33, .pid = 7, .groups_known = true}, 0},
	{{.uid = 33, .gid = 33, .pid = 7, .groups_known = false}, -EACCES},
	{{.uid = 33, .gid = 33, .pid = 8, .groups_known = true}, -EACCES},
	{{.uid = 34, .gid = 34, .pid = 7, .groups_known = true}, -EACCES},
	{{.uid = 0, .gid = 0, .pid = 0, .groups_known = true}, -EACCES},
};

Test(handle, learns_its_openers_groups_from_his_own_process_only)
{
	static const struct caller opener = {.uid = 33, .gid = 33, .pid = 7};
	static const struct handle_range range = {0, 100, false};
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_put(&fixture, ETL "/roles/runner", "group:adm\n"), 0);
	for (size_t i = 0; i < COUNT(readers); i++) {
		const uint64_t number = open_without_groups(&fixture, &opener);
		const struct handle *handle = handles_get(fixture.handles, number);
		struct caller reader = readers[i].reader;
		gid_t adm = 4;
		char content[4096];

		reader.groups = reader.groups_known ? &adm : NULL;
		reader.group_count = reader.groups_known ? 1 : 0;
		cr_expect_not(handle_read_needs_groups(&fixture.tree, handle));
		tree_access_changed(&fixture.tree, 0);
		cr_expect(handle_read_needs_groups(&fixture.tree, handle));
		cr_expect_eq(read_at(&fixture, number, &reader, &range, content),
			     readers[i].expected, "%zu", i);
	}
}

Test(handle, of_an_opener_who_is_gone_asks_the_user_database)
{
	static const struct caller opener = {.uid = 33, .gid = 33, .pid = 7};
	static const struct caller stranger = {.uid = 54321, .gid = 33, .pid = 7};
	CLEANUP_FIXTURE struct fixture fixture;
	uint64_t his, strangers;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_put(&fixture, ETL "/roles/runner", "group:www-data\n"), 0);
	his = open_without_groups(&fixture, &opener);
	strangers = open_without_groups(&fixture, &stranger);
	tree_access_changed(&fixture.tree, 0);
	expect_at(&fixture, his, 0, "sk-proj-22");
	expect_error(&fixture, strangers, -EACCES);
}

Test(handle, commits_what_its_opener_may_still_write)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller admin = acme_holder(ACME_ADMIN);
	const struct draft_write write = {0, (const uint8_t *)"sk-proj-333\n", 12, 77};
	struct draft *draft;
	uint64_t number;

	acme_init(&fixture, "");
	number = open_as(&fixture, KEY, O_WRONLY | O_TRUNC, &admin);
	draft = handle_draft(handles_get(fixture.handles, number));
	cr_assert_eq(draft_write(&fixture.tree, draft, &write), 0);
	cr_assert_eq(fixture_put(&fixture, ACME "/roles/admin", "user:backup\n"), 0);
	cr_expect_eq(draft_flush(&fixture.tree, draft, false), -EACCES);
	close_it(&fixture, number);
	view_expect(&fixture, KEY, "sk-proj-22");
}

Test(handle, commits_at_its_end_only_what_its_opener_may_still_write)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller admin = acme_holder(ACME_ADMIN);
	const struct draft_write write = {0, (const uint8_t *)"sk-proj-333\n", 12, 77};
	uint64_t number;

	acme_init(&fixture, "");
	number = open_as(&fixture, KEY, O_WRONLY | O_TRUNC, &admin);
	cr_assert_eq(draft_write(&fixture.tree, handle_draft(handles_get(fixture.handles, number)),
				 &write),
		     0);
	cr_assert_eq(fixture_put(&fixture, ACME "/roles/admin", "user:backup\n"), 0);
	close_it(&fixture, number);
	view_expect(&fixture, KEY, "sk-proj-22");
}

Test(handle, lists_a_directory_as_it_was_when_it_was_opened)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct listing *listing;
	struct node directory;
	uint64_t number = 0;

	acme_init(&fixture, "");
	directory = view_node(&fixture, OPENAI);
	cr_assert_eq(handles_open_directory(fixture.handles,
					    &(struct handle_open){&fixture.tree, &directory,
								  &fixture_root, O_RDONLY, 9},
					    &number),
		     0);
	cr_assert_eq(fixture_remove(&fixture, OPENAI "/api_base", &fixture_root), 0);
	cr_assert_eq(fixture_put(&fixture, OPENAI "/organization", "org-1\n"), 0);
	listing = handle_listing(handles_get(fixture.handles, number));
	cr_assert_eq(listing->count, 4);
	cr_expect_str_eq(listing->list[0].name, "provider");
	cr_expect_str_eq(listing->list[1].name, "api_base");
	cr_expect_str_eq(listing->list[2].name, "admin_key");
	cr_expect_str_eq(listing->list[3].name, "api_key");
	cr_expect_eq(listing->list[3].node.kind, NODE_FIELD);
	handles_close(fixture.handles, &fixture.tree, number);
	view_expect_list(&fixture, OPENAI, &fixture_root,
			 "provider admin_key api_key organization");
}

Test(handle, of_one_user_leaves_room_for_those_of_the_others)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller admin = acme_holder(ACME_ADMIN);
	const struct caller owner = acme_holder(ACME_OWNER);
	uint64_t number = 0, last = 0;
	int r = 0;

	acme_init(&fixture, "");
	for (size_t i = 0; i < 10000 && r == 0; i++) {
		last = number;
		r = fixture_open(&fixture, KEY, O_WRONLY, &admin, &number);
	}
	cr_expect_eq(r, -EDQUOT);
	cr_expect_eq(fixture_open(&fixture, KEY, O_WRONLY, &owner, &number), 0);
	cr_expect_eq(fixture_open(&fixture, KEY, O_WRONLY, &fixture_root, &number), 0);
	close_it(&fixture, last);
	cr_expect_eq(fixture_open(&fixture, KEY, O_WRONLY, &admin, &number), 0);
	cr_expect_eq(fixture_open(&fixture, KEY, O_WRONLY, &admin, &number), -EDQUOT);
}

/* What it grows by is charged, too, and what it then may not hold it does not keep. */
Test(handle, grows_within_its_users_share)
{
	static char large[60001];
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller admin = acme_holder(ACME_ADMIN);
	const struct draft_write write = {0, (const uint8_t *)large, sizeof large - 1, 1};
	uint64_t numbers[20] = {0};
	size_t refused = 0;

	memset(large, 'k', sizeof large - 1);
	memcpy(large, "sk-", 3);
	acme_init(&fixture, "");
	for (size_t i = 0; i < COUNT(numbers); i++)
		numbers[i] = open_as(&fixture, KEY, O_WRONLY, &admin);
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct draft *draft = handle_draft(handles_get(fixture.handles, numbers[i]));

		cr_assert_eq(draft_write(&fixture.tree, draft, &write), 0);
		if (handles_settle(fixture.handles, numbers[i]) == 0)
			continue;
		refused++;
		cr_expect_eq(draft_write(&fixture.tree, draft, &write), -EDQUOT);
		cr_expect_eq(secret_size(draft->bytes), 0);
		cr_expect_lt(secret_capacity(draft->bytes), 1024, "nothing is held uncharged");
	}
	cr_expect_gt(refused, 5);
	cr_expect_lt(refused, COUNT(numbers));
	for (size_t i = 0; i < COUNT(numbers); i++)
		close_it(&fixture, numbers[i]);
	open_as(&fixture, KEY, O_WRONLY, &admin);
}

Test(handle, has_nothing_for_the_page_cache_but_a_whole_committed_value)
{
	static const struct handle_range whole = {0, 4096, true};
	static const struct handle_range parts[] = {{0, 9, true}, {1, 4096, true}, {4096, 1, true}};
	CLEANUP_FIXTURE struct fixture fixture;
	const struct draft_write write = {0, (const uint8_t *)"sk-other", 8, 1};
	uint64_t reader, writer;
	char content[4096];

	acme_init(&fixture, "");
	reader = open_as(&fixture, KEY, O_RDONLY, &fixture_root);
	writer = open_as(&fixture, KEY, O_RDWR, &fixture_root);
	cr_expect_eq(draft_write(&fixture.tree, handle_draft(handles_get(fixture.handles, writer)),
				 &write),
		     0);
	cr_expect_eq(read_at(&fixture, writer, &fixture_root, &whole, content), -EIO);
	for (size_t i = 0; i < COUNT(parts); i++)
		cr_expect_eq(read_at(&fixture, reader, &fixture_root, &parts[i], content), -EIO);
	cr_assert_eq(read_at(&fixture, reader, &fixture_root, &whole, content), 0);
	cr_expect_str_eq(content, "sk-proj-22");
	close_it(&fixture, writer);
	/* A snapshot may be older than what others find in the cache. */
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-third\n"), 0);
	reader = open_as(&fixture, KEY, O_RDONLY, &fixture_root);
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-fourth\n"), 0);
	cr_assert_eq(read_at(&fixture, reader, &fixture_root, &whole, content), 0);
	cr_expect_str_eq(content, "sk-fourth");
}

Test(handle, is_cached_only_while_all_who_have_it_open_may_read_it)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct handle_range whole = {0, 4096, true};
	const struct caller runner = acme_holder(ACME_RUNNER);
	const struct caller admin = acme_holder(ACME_ADMIN);
	uint64_t reader, other;
	char content[4096];

	acme_init(&fixture, "");
	reader = open_as(&fixture, KEY, O_RDONLY, &admin);
	other = open_as(&fixture, KEY, O_RDONLY, &runner);
	open_as(&fixture, KEY, O_WRONLY, &admin);
	cr_assert_eq(read_at(&fixture, reader, &admin, &whole, content), 0);
	cr_expect_eq(handles_share(fixture.handles, &fixture.tree, reader), 0);
	cr_assert_eq(fixture_remove(&fixture, ETL "/openai", &fixture_root), 0);
	cr_assert_eq(read_at(&fixture, reader, &admin, &whole, content), 0);
	cr_expect_eq(handles_share(fixture.handles, &fixture.tree, reader), -EIO);
	close_it(&fixture, other);
	cr_expect_eq(handles_share(fixture.handles, &fixture.tree, reader), 0);
	cr_expect_eq(handles_share(fixture.handles, &fixture.tree, other), -EBADF);
}

/* The second step of an open with O_TRUNC comes without the handle's number. */
Test(handle, just_opened_is_found_by_who_opened_it)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller admin = acme_holder(ACME_ADMIN);
	struct caller thread = admin;
	const struct draft_write write = {0, (const uint8_t *)"sk-", 3, 1};
	struct draft *first, *second;
	struct node node;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_find(&fixture, KEY, &node), 0);
	cr_expect_null(handles_just_opened(fixture.handles, &node, &admin));
	first = handle_draft(
		handles_get(fixture.handles, open_as(&fixture, KEY, O_WRONLY, &admin)));
	open_as(&fixture, KEY, O_RDONLY, &admin);
	cr_expect_eq(handles_just_opened(fixture.handles, &node, &admin), first);
	second = handle_draft(handles_get(fixture.handles, open_as(&fixture, KEY, O_RDWR, &admin)));
	cr_expect_eq(handles_just_opened(fixture.handles, &node, &admin), second);
	thread.pid++;
	cr_expect_null(handles_just_opened(fixture.handles, &node, &thread));
	cr_expect_null(handles_just_opened(fixture.handles, &node, &fixture_root));
	cr_assert_eq(draft_write(&fixture.tree, second, &write), 0);
	cr_expect_null(handles_just_opened(fixture.handles, &node, &admin), "it was used");
}

Test(handle, of_a_damaged_value_says_so)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct draft_write write = {0, (const uint8_t *)"sk-proj-333\n", 12, 1};
	struct draft *draft;
	uint64_t number = 0;

	acme_init(&fixture, "");
	fixture_tamper(&fixture, "UPDATE value SET ct = zeroblob(length(ct))");
	cr_expect_eq(fixture_open(&fixture, KEY, O_RDONLY, &fixture_root, &number), -EBADMSG);
	number = open_as(&fixture, KEY, O_RDWR, &fixture_root);
	draft = handle_draft(handles_get(fixture.handles, number));
	expect_error(&fixture, number, -EBADMSG);
	cr_expect_eq(draft_truncate(&fixture.tree, draft, 5), -EBADMSG);
	cr_expect_eq(draft_write(&fixture.tree, draft, &write), -EBADMSG);
	cr_assert_eq(draft_truncate(&fixture.tree, draft, 0), 0);
	cr_expect_eq(draft_write(&fixture.tree, draft, &write), 0, "it may be written anew");
	close_it(&fixture, number);
	view_expect(&fixture, KEY, "sk-proj-333");
}

static const struct {
	int flags;
	int expected;
} touches[] = {
	{O_WRONLY, 0},
	{O_RDONLY, -EACCES},
	{O_RDWR, -EACCES},
	{O_WRONLY | O_TRUNC, -EACCES},
	{O_WRONLY | O_APPEND, -EACCES},
};

Test(handle, of_the_owner_of_the_inodes_writes_what_is_dropped_and_reads_nothing)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct caller owner = {.pid = 9, .groups_known = true};
	const struct handle_range range = {0, 100, false};
	struct handle_bytes bytes = {0};

	acme_init(&fixture, "");
	owner.uid = fixture.tree.owner;
	for (size_t i = 0; i < sizeof touches / sizeof touches[0]; i++) {
		uint64_t number = 0;
		struct handle *handle;
		int r = fixture_open(&fixture, KEY, touches[i].flags, &owner, &number);

		cr_assert_eq(r, touches[i].expected, "%zu: %d", i, r);
		if (r < 0)
			continue;
		handle = handles_get(fixture.handles, number);
		cr_expect(handle_touches(handle));
		cr_expect_null(handle_draft(handle));
		cr_expect_eq(handle_read(&fixture.tree, handle, &owner, &range, &bytes), -EACCES);
		close_it(&fixture, number);
	}
	view_expect(&fixture, KEY, "sk-proj-22");
	cr_expect_eq(fixture_open(&fixture, OPENAI "/.info", O_WRONLY, &owner, &(uint64_t){0}),
		     -EACCES);
	cr_expect_not(handle_touches(
		handles_get(fixture.handles, open_as(&fixture, KEY, O_WRONLY, &fixture_root))));
}
