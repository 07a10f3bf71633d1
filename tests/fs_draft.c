#include <criterion/criterion.h>
#include <fcntl.h>

#include "tests/fixture.h"

#define KEY "orgs/acme/openai/api_key"

enum { SHELL = 1, CHILD = 2 };

struct writer {
	struct fixture fixture;
	uint64_t number;
	struct handle *handle;
	struct draft *draft;
};

static void begin(struct writer *writer, int flags)
{
	struct fixture *fixture = &writer->fixture;

	fixture_init(fixture, "");
	cr_assert_eq(fixture_make(fixture, "orgs/acme", &fixture_root), 0);
	cr_assert_eq(fixture_make(fixture, "orgs/acme/openai", &fixture_root), 0);
	cr_assert_eq(fixture_put(fixture, KEY, "sk-old\n"), 0);
	cr_assert_eq(fixture_open(fixture, KEY, flags, &fixture_root, &writer->number), 0);
	writer->handle = handles_get(fixture->handles, writer->number);
	writer->draft = handle_draft(writer->handle);
}

/* Remove what is there, and open what is to take its place. */
static void replace(struct writer *writer)
{
	struct fixture *fixture = &writer->fixture;

	handles_close(fixture->handles, &fixture->tree, writer->number);
	cr_assert_eq(fixture_remove(fixture, KEY, &fixture_root), 0);
	cr_assert_eq(fixture_open(fixture, KEY, O_WRONLY | O_CREAT | O_TRUNC, &fixture_root,
				  &writer->number),
		     0);
	writer->handle = handles_get(fixture->handles, writer->number);
	writer->draft = handle_draft(writer->handle);
}

static void end(struct writer *writer)
{
	handles_close(writer->fixture.handles, &writer->fixture.tree, writer->number);
	fixture_done(&writer->fixture);
}

static int put(struct writer *writer, uint64_t offset, const char *text, uint64_t owner)
{
	const struct draft_write write = {offset, (const uint8_t *)text, strlen(text), owner};

	return draft_write(&writer->fixture.tree, writer->draft, &write);
}

static int flush(struct writer *writer, uint64_t owner, bool killed)
{
	if (!draft_ends(writer->draft, owner))
		return writer->draft->refused;
	return draft_flush(&writer->fixture.tree, writer->draft, killed);
}

static void expect(struct writer *writer, const char *expected)
{
	char content[4096];

	cr_assert_eq(fixture_read(&writer->fixture, KEY, content), 0);
	cr_assert_str_eq(content, expected);
}

Test(draft, nobody_sees_it_before_its_close)
{
	struct writer writer = {0};

	begin(&writer, O_WRONLY | O_TRUNC);
	expect(&writer, "sk-old");
	cr_assert_eq(flush(&writer, SHELL, false), 0, "a shell closes before it has written");
	expect(&writer, "sk-old");
	cr_assert_eq(put(&writer, 0, "sk-new\n", SHELL), 0);
	expect(&writer, "sk-old");
	cr_assert_eq(flush(&writer, SHELL, false), 0);
	expect(&writer, "sk-new");
	end(&writer);
}

Test(draft, only_the_last_writers_close_commits)
{
	struct writer writer = {0};

	begin(&writer, O_WRONLY | O_TRUNC);
	cr_assert_eq(put(&writer, 0, "sk-n", SHELL), 0);
	cr_assert_eq(flush(&writer, CHILD, false), 0);
	expect(&writer, "sk-old");
	cr_assert_eq(put(&writer, 4, "ew", SHELL), 0);
	cr_assert_eq(flush(&writer, SHELL, false), 0);
	expect(&writer, "sk-new");
	end(&writer);
}

Test(draft, a_writer_that_is_killed_leaves_nothing)
{
	struct writer writer = {0};

	begin(&writer, O_WRONLY | O_TRUNC);
	cr_assert_eq(put(&writer, 0, "sk-ha", SHELL), 0);
	cr_assert_eq(flush(&writer, SHELL, true), 0);
	handles_close(writer.fixture.handles, &writer.fixture.tree, writer.number);
	expect(&writer, "sk-old");
	end(&writer);
}

Test(draft, a_writer_that_is_killed_before_he_wrote_leaves_what_he_removed)
{
	struct writer writer = {0};

	begin(&writer, O_WRONLY | O_TRUNC);
	cr_assert_not(draft_ends(writer.draft, SHELL), "nothing was removed");
	replace(&writer);
	cr_assert_eq(flush(&writer, SHELL, false), 0, "a shell closes before it has written");
	cr_assert_eq(flush(&writer, CHILD, true), 0);
	handles_close(writer.fixture.handles, &writer.fixture.tree, writer.number);
	expect(&writer, "sk-old");
	end(&writer);
}

Test(draft, a_child_that_is_killed_does_not_end_what_its_parent_writes)
{
	struct writer writer = {0};

	begin(&writer, O_WRONLY);
	replace(&writer);
	cr_assert_eq(flush(&writer, CHILD, true), 0);
	cr_assert_eq(put(&writer, 0, "sk-new\n", SHELL), 0);
	cr_assert_eq(flush(&writer, SHELL, false), 0);
	expect(&writer, "sk-new");
	end(&writer);
}

Test(draft, what_no_close_committed_is_committed_at_the_last_one)
{
	struct writer writer = {0};

	begin(&writer, O_WRONLY | O_TRUNC);
	cr_assert_eq(put(&writer, 0, "sk-new", SHELL), 0);
	handles_close(writer.fixture.handles, &writer.fixture.tree, writer.number);
	expect(&writer, "sk-new");
	end(&writer);
}

Test(draft, what_one_handle_publishes_is_one_entry_of_history)
{
	struct writer writer = {0};
	char content[4096];

	begin(&writer, O_WRONLY | O_TRUNC);
	cr_assert_eq(put(&writer, 0, "sk-n", SHELL), 0);
	cr_assert_eq(flush(&writer, SHELL, false), 0);
	expect(&writer, "sk-n");
	cr_assert_eq(put(&writer, 4, "ew", CHILD), 0);
	cr_assert_eq(flush(&writer, CHILD, false), 0);
	expect(&writer, "sk-new");
	cr_assert_eq(fixture_read(&writer.fixture, "orgs/acme/openai/.history/api_key/1", content),
		     0);
	cr_assert_str_eq(content, "sk-old");
	cr_assert_eq(fixture_read(&writer.fixture, "orgs/acme/openai/.history/api_key/2", content),
		     -ENOENT);
	end(&writer);
}

Test(draft, a_refused_write_ends_it)
{
	struct writer writer = {0};

	begin(&writer, O_WRONLY | O_TRUNC);
	cr_assert_eq(put(&writer, 0, "sk-ant-x", SHELL), -EKEYREJECTED);
	cr_assert_eq(put(&writer, 0, "sk-good\n", SHELL), -EKEYREJECTED);
	cr_assert_eq(flush(&writer, SHELL, false), -EKEYREJECTED);
	end(&writer);
}

Test(draft, may_begin_again_after_a_truncation)
{
	struct writer writer = {0};

	begin(&writer, O_WRONLY);
	cr_assert_eq(put(&writer, 0, "bad\n", SHELL), -EKEYREJECTED);
	cr_assert_eq(draft_truncate(&writer.fixture.tree, writer.draft, 0), 0);
	cr_assert_eq(put(&writer, 0, "sk-new\n", SHELL), 0);
	cr_assert_eq(flush(&writer, SHELL, false), 0);
	expect(&writer, "sk-new");
	end(&writer);
}

Test(draft, a_part_of_the_old_value_is_no_value)
{
	struct writer writer = {0};

	begin(&writer, O_WRONLY);
	cr_assert_eq(draft_truncate(&writer.fixture.tree, writer.draft, 3), -EKEYREJECTED);
	cr_assert_eq(draft_truncate(&writer.fixture.tree, writer.draft, 6), 0, "as long as it is");
	cr_assert_eq(draft_truncate(&writer.fixture.tree, writer.draft, UINT64_MAX), -EFBIG);
	expect(&writer, "sk-old");
	end(&writer);
}

Test(draft, fsync_validates_and_publishes_nothing)
{
	struct writer writer = {0};

	begin(&writer, O_WRONLY | O_TRUNC);
	cr_assert_eq(put(&writer, 0, "s", SHELL), 0);
	cr_assert_eq(draft_check(&writer.fixture.tree, writer.draft), -EKEYREJECTED);
	cr_assert_eq(put(&writer, 1, "k-new", SHELL), 0);
	cr_assert_eq(draft_check(&writer.fixture.tree, writer.draft), 0);
	expect(&writer, "sk-old");
	end(&writer);
}

Test(draft, a_hole_is_no_value)
{
	struct writer writer = {0};

	begin(&writer, O_WRONLY | O_TRUNC);
	cr_assert_eq(put(&writer, 100, "x", SHELL), -EKEYREJECTED);
	end(&writer);
}

Test(draft, far_beyond_the_longest_value_is_too_long)
{
	struct writer writer = {0};

	begin(&writer, O_WRONLY | O_TRUNC);
	cr_assert_eq(put(&writer, UINT64_MAX, "x", SHELL), -EFBIG);
	end(&writer);
}
