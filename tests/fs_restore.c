#include "fs/restore.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "fs/state.h"
#include "tests/fixture.h"

#define ACCOUNT "orgs/acme/openai"
#define SCRATCH ".api_key.swp"

/* What two workers of one mount share. */
struct desk {
	int descriptor;
	struct secret_pool *pool;
	struct recipient *host;
	struct state_key *key;
	struct shared *shared;
};

static struct desk desk_new(void)
{
	struct desk desk = {0};

	cr_assert_eq(shared_new(&desk.descriptor), 0);
	cr_assert_eq(shared_map(desk.descriptor, shared_size(), &desk.shared), 0);
	cr_assert_eq(secret_pool_new(1 << 20, &desk.pool), 0);
	cr_assert_eq(recipient_generate(desk.pool, &desk.host), 0);
	cr_assert_eq(state_key_new(desk.pool, desk.host, &desk.key), 0);
	return desk;
}

static void desk_done(struct desk *desk)
{
	state_key_free(desk->key);
	recipient_free(desk->host);
	secret_pool_free(desk->pool);
	shared_unmap(desk->shared, shared_size());
	close(desk->descriptor);
}
#define DESK CLEANUP(desk_done) struct desk

/* What a worker leaves that is killed now. */
static void leave(struct desk *desk, struct fixture *fixture)
{
	struct journal *journal = NULL;
	struct state *state = NULL;

	cr_assert_eq(journal_new(desk->shared, desk->key, &journal), 0);
	cr_assert_eq(state_new(&fixture->tree, fixture->handles, journal, desk->key, &state), 0);
	state_begin(state, false);
	state_free(state);
	journal_free(journal);
}

static int take(struct desk *desk, struct fixture *fixture)
{
	CLEANUP_FREE struct restored *restored = calloc(1, sizeof *restored);
	struct journal *journal = NULL;
	int r;

	cr_assert_not_null(restored);
	cr_assert_eq(journal_new(desk->shared, desk->key, &journal), 0);
	r = restore(&fixture->tree, fixture->handles, journal, desk->key, restored);
	journal_free(journal);
	return r;
}

static void furnish(struct fixture *fixture)
{
	fixture_init(fixture, "");
	cr_assert_eq(fixture_make(fixture, "orgs/acme", &fixture_root), 0);
	cr_assert_eq(fixture_make(fixture, ACCOUNT, &fixture_root), 0);
}

static void put_scratch(struct fixture *fixture)
{
	const struct scratch_bytes bytes = {(const uint8_t *)"draft", 5};
	struct node directory;
	const struct scratch_making making = {.directory = &directory, .name = SCRATCH};
	struct scratch_file *file = NULL;

	cr_assert_eq(fixture_find(fixture, ACCOUNT, &directory), 0);
	cr_assert_eq(scratch_make(fixture->tree.scratch, &making, &file), 0);
	cr_assert_eq(scratch_write(fixture->tree.scratch, file, 0, &bytes), 0);
}

static const struct scratch_file *find_scratch(struct fixture *fixture)
{
	struct node directory;

	cr_assert_eq(fixture_find(fixture, ACCOUNT, &directory), 0);
	return scratch_find(fixture->tree.scratch, &directory, 0, SCRATCH);
}

/* A link that has no name for good yet, as `ln -sf` makes it. */
static void put_pending(struct fixture *fixture)
{
	const struct pending model = {
		.pin = 0, .id = {{1}}, .parent = {{2}}, .target = {{3}}, .name = (char[]){"link"}};

	cr_assert_eq(pendings_restore(fixture->tree.pendings, &model), 0);
}

Test(restore, scratch_files_are_there_again)
{
	CLEANUP_FIXTURE struct fixture fixture;
	DESK desk = desk_new();

	furnish(&fixture);
	put_scratch(&fixture);
	leave(&desk, &fixture);
	fixture_restart(&fixture);
	cr_expect_null(find_scratch(&fixture));
	cr_expect_eq(take(&desk, &fixture), 0);
	cr_assert_not_null(find_scratch(&fixture));
	cr_expect_eq(secret_size(find_scratch(&fixture)->bytes), 5);
	cr_expect_eq(memcmp(secret_view(find_scratch(&fixture)->bytes), "draft", 5), 0);
}

static void (*const leavings[])(struct fixture *fixture) = {put_scratch, put_pending};

Test(restore, what_was_left_of_another_store_is_not_taken)
{
	for (size_t i = 0; i < sizeof leavings / sizeof leavings[0]; i++) {
		CLEANUP_FIXTURE struct fixture fixture, other;
		DESK desk = desk_new();

		furnish(&fixture);
		fixture_init(&other, "");
		leavings[i](&fixture);
		leave(&desk, &fixture);
		cr_expect_eq(take(&desk, &other), -EBADMSG, "leaving %zu", i);
	}
}

Test(restore, what_is_under_another_key_is_not_taken)
{
	CLEANUP_FIXTURE struct fixture fixture;
	DESK desk = desk_new(), other = desk_new();

	furnish(&fixture);
	put_scratch(&fixture);
	leave(&desk, &fixture);
	state_key_free(desk.key);
	desk.key = NULL;
	cr_assert_eq(state_key_new(desk.pool, other.host, &desk.key), 0);
	fixture_restart(&fixture);
	cr_expect_eq(take(&desk, &fixture), -EBADMSG);
}
