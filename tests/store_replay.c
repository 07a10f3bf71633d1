#include "store/replay.h"

#include <criterion/criterion.h>

#include "store/sqlite.h"
#include "tests/founding.h"
#include "tests/place.h"
#include "tests/vectors.h"

#define CHAIN CLEANUP(chain_freep) struct chain

/* A log of five entries in an engine. */
struct world {
	struct place place;
	struct founding founding;
	struct engine *engine;
	struct mark marks[12]; /* by generation */
};

static void append(struct world *world)
{
	const struct founding *founding = &world->founding;
	const uint64_t generation = founding->generation;
	const struct engine_entry entry = {
		.generation = generation,
		.digest = founding->head,
		.previous = world->marks[generation - 1].head,
		.bytes = founding->bytes,
		.size = founding->size,
	};
	const struct engine_append append = {
		.org = org_id_of(&founding->fingerprint),
		.entries = &entry,
		.entry_count = 1,
	};

	cr_assert_eq(world->engine->ops->append(world->engine, &append), 0);
	world->marks[generation] = (struct mark){generation, founding->head, 0};
}

static void append_change(struct world *world)
{
	struct entry entry = founding_next(&world->founding);

	founding_sign(&world->founding, &entry, MANAGER);
	append(world);
}

static void append_recover(struct world *world, const struct mark *abandoned, size_t signer)
{
	struct entry entry = founding_next(&world->founding);

	entry.type = ENTRY_RECOVER;
	entry.abandoned = *abandoned;
	founding_sign(&world->founding, &entry, signer);
	append(world);
}

static void world_init(struct world *world)
{
	*world = (struct world){.place = place_new(), .founding = founding_new()};
	cr_assert_eq(sqlite_create(world->place.store), 0);
	cr_assert_eq(sqlite_open(world->place.store, &world->engine), 0);
	append(world);
	for (int i = 2; i <= 5; i++)
		append_change(world);
}

static void world_done(struct world *world)
{
	engine_close(world->engine);
	founding_done(&world->founding);
	place_done(&world->place);
}
#define WORLD CLEANUP(world_done) struct world

static int replay(struct world *world, const struct mark *mark)
{
	CHAIN *chain = NULL;
	int r;

	cr_assert_eq(chain_new(&world->founding.fingerprint, &chain), 0);
	r = replay_log(world->engine, chain, mark);
	if (r == 0)
		cr_expect_eq(chain_generation(chain), world->founding.generation);
	return r;
}

static struct mark mark_of(uint64_t generation, uint8_t branch)
{
	return (struct mark){generation, {{branch}}, 0};
}

Test(replay, a_log_holds_against_every_mark_it_passes)
{
	WORLD world;
	world_init(&world);
	const struct mark none = {0};

	cr_expect_eq(replay(&world, &none), 0);
	for (size_t i = 1; i <= 5; i++)
		cr_expect_eq(replay(&world, &world.marks[i]), 0, "mark %zu", i);
}

Test(replay, a_log_that_does_not_is_refused)
{
	WORLD world;
	world_init(&world);
	struct mark mark;

	for (uint64_t i = 1; i <= 7; i++) {
		mark = mark_of(i, 0xbb);
		cr_expect_eq(replay(&world, &mark), i <= 5 ? -ENOTUNIQ : -ESTALE, "mark %u",
			     (unsigned)i);
	}
}

Test(replay, a_log_that_is_not_there_is_told)
{
	WORLD world;
	world_init(&world);
	CHAIN *chain = NULL;
	struct digest fingerprint = world.founding.fingerprint;

	fingerprint.bytes[0] ^= 1;
	cr_assert_eq(chain_new(&fingerprint, &chain), 0);
	cr_expect_eq(replay_log(world.engine, chain, &world.marks[5]), -ENOENT);
}

Test(replay, a_manager_s_word_covers_what_was_abandoned)
{
	WORLD world;
	world_init(&world);
	const struct mark end = mark_of(9, 0xbb), on_the_way = mark_of(7, 0xbb),
			  other_end = mark_of(9, 0xcc), beyond = mark_of(10, 0xbb),
			  before = mark_of(5, 0xbb);

	cr_expect_eq(replay(&world, &end), -ESTALE);
	append_recover(&world, &end, MANAGER);
	for (int pass = 0; pass < 2; pass++) {
		cr_expect_eq(replay(&world, &end), 0);
		cr_expect_eq(replay(&world, &on_the_way), 0);
		cr_expect_eq(replay(&world, &other_end), -ESTALE);
		cr_expect_eq(replay(&world, &beyond), -ESTALE);
		cr_expect_eq(replay(&world, &before), -ENOTUNIQ);
		cr_expect_eq(replay(&world, &world.marks[5]), 0);
		cr_expect_eq(replay(&world, &world.marks[6]), 0);
		append_change(&world);
	}
}

/* A log that went on past the mark on another branch is accepted by the mark's own name alone. */
Test(replay, a_branch_is_abandoned_by_its_end)
{
	WORLD world;
	world_init(&world);
	const struct mark end = mark_of(4, 0xbb), other = mark_of(4, 0xcc);

	append_recover(&world, &end, MANAGER);
	cr_expect_eq(replay(&world, &end), 0);
	cr_expect_eq(replay(&world, &other), -ENOTUNIQ);
}

Test(replay, nobody_else_s_word_does)
{
	for (size_t signer = WRITER; signer < MEMBERS; signer++) {
		WORLD world;
		world_init(&world);
		const struct mark end = mark_of(9, 0xbb);

		append_recover(&world, &end, signer);
		cr_expect_eq(replay(&world, &end), -EBADMSG);
	}
}

/* The first entries of the vectors' log in an engine. */
static void engine_of_vectors(const json_t *log, size_t count, const char *path,
			      struct digest *ret_fingerprint, struct engine **ret)
{
	struct digest previous = {{0}};

	cr_assert_eq(sqlite_create(path), 0);
	cr_assert_eq(sqlite_open(path, ret), 0);
	vector_get(json_array_get(log, 0), "digest", ret_fingerprint->bytes, DIGEST_SIZE);
	for (size_t i = 0; i < count; i++) {
		const json_t *vector = json_array_get(log, i);
		CLEANUP_BYTES struct bytes bytes = vector_bytes(vector, "bytes");
		struct engine_entry entry = {.generation = i + 1,
					     .previous = previous,
					     .bytes = bytes.at,
					     .size = bytes.size};
		const struct engine_append append = {
			.org = org_id_of(ret_fingerprint), .entries = &entry, .entry_count = 1};

		vector_get(vector, "digest", entry.digest.bytes, DIGEST_SIZE);
		cr_assert_eq((*ret)->ops->append(*ret, &append), 0);
		previous = entry.digest;
	}
}

Test(replay, a_log_is_held_against_a_mark_as_in_the_vectors)
{
	json_auto_t *log = vectors("chain", "log");
	json_auto_t *marks = vectors("chain", "marks");
	json_t *vector;
	size_t i;

	json_array_foreach(marks, i, vector)
	{
		PLACE place = place_new();
		CLEANUP(engine_closep) struct engine *engine = NULL;
		CHAIN *chain = NULL;
		struct mark mark = {.generation = vector_number(vector, "generation")};
		const char *verdict = vector_text(vector, "verdict");
		struct digest fingerprint;
		int r;

		vector_get(vector, "head", mark.head.bytes, DIGEST_SIZE);
		engine_of_vectors(log, vector_number(vector, "entries"), place.store, &fingerprint,
				  &engine);
		cr_assert_eq(chain_new(&fingerprint, &chain), 0);
		r = replay_log(engine, chain, &mark);
		cr_expect_eq(r,
			     strcmp(verdict, "ok") == 0		? 0
			     : strcmp(verdict, "ESTALE") == 0	? -ESTALE
			     : strcmp(verdict, "ENOTUNIQ") == 0 ? -ENOTUNIQ
								: 1,
			     "%s: %d", vector_why(vector), r);
	}
	cr_expect_gt(i, 20);
}

/* The shortcut is taken only where the mark's entry is; where it leads elsewhere nothing is served.
 */
Test(replay, an_entry_that_was_altered_below_the_mark_is_refused)
{
	WORLD world;
	world_init(&world);
	const struct mark none = {0};

	world.engine = engine_close(world.engine);
	tamper(world.place.store, "UPDATE log SET entry = (SELECT entry FROM log WHERE gen = 2),"
				  " hash = (SELECT hash FROM log WHERE gen = 2) WHERE gen = 3");
	cr_assert_eq(sqlite_open(world.place.store, &world.engine), 0);
	cr_expect_eq(replay(&world, &world.marks[5]), -EBADMSG);
	cr_expect_eq(replay(&world, &none), -EBADMSG);
}
