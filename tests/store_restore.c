#include "store/restore.h"

#include <criterion/criterion.h>

#include "tests/small_store.h"

#define RESTORE CLEANUP(restore_closep) struct restore

struct world {
	struct small_store small;
	char file[128]; /* a copy from when acme was at generation 3, and "late" not there */
	struct restore_place place;
};

static const struct survey_watch nobody;

/* Acme is at generation 6 by now. */
static void world_init(struct world *world)
{
	struct small_store *small = &world->small;

	small_store_init(small);
	snprintf(world->file, sizeof(world->file), "%s/copy", small->place.directory);
	small_store_add(small, "acme");
	small_store_add(small, "other");
	small_store_set(small, 0, 1);
	small_store_close(small);
	small_store_copy(small->place.store, world->file);
	small_store_open(small);
	for (uint64_t i = 2; i <= 4; i++)
		small_store_set(small, 0, i);
	small_store_add(small, "late");
	small_store_close(small);
	world->place = (struct restore_place){small->place.store, small->place.pins, world->file};
}

static void world_done(struct world *world)
{
	small_store_done(&world->small);
}
#define WORLD CLEANUP(world_done) struct world

static int try_open(struct world *world, struct restore **ret)
{
	const char *path = NULL;

	return restore_open(&world->place, world->small.pool, &world->small.identity, &nobody, ret,
			    &path);
}

static struct restore *open_restore(struct world *world)
{
	struct restore *restore = NULL;

	cr_assert_eq(try_open(world, &restore), 0);
	return restore;
}

static void finish(struct restore *restore, bool expect_kept)
{
	CLEANUP_FREE char *kept = NULL;

	cr_assert_eq(restore_finish(restore, &kept), 0);
	cr_expect_eq(kept != NULL, expect_kept);
}

/* The generation of the organisation of this name, 0 without one, -errno of loading it. */
static int generation_of(struct world *world, const char *name)
{
	struct org *org = NULL;
	int index, r;

	small_store_open(&world->small);
	index = pins_find(store_pins(world->small.store), name);
	r = index < 0 ? 0 : store_org(world->small.store, (size_t)index, &org);
	if (org)
		r = (int)org_generation(org);
	small_store_close(&world->small);
	return r;
}

Test(restore, of_a_backup_tells_what_is_lost_and_recovers)
{
	WORLD world;
	world_init(&world);
	RESTORE *restore = open_restore(&world);
	const struct survey *survey = restore_survey(restore);
	const struct restore_loss *loss;

	cr_assert_eq(survey->count, 3);
	cr_expect_eq(survey->orgs[0].standing, SURVEY_BEHIND);
	cr_expect_eq(survey->orgs[0].found.generation, 3);
	cr_expect_eq(survey->orgs[0].seen.generation, 6);
	loss = restore_loss(restore, 0);
	cr_expect(loss->counted);
	cr_expect_eq(loss->since, 4);
	cr_expect_eq(loss->until, 6);
	cr_expect_eq(loss->changes, 3);
	cr_expect_gt(loss->first, survey->orgs[0].found.time);
	cr_expect_gt(loss->last, loss->first);
	cr_expect_eq(survey->orgs[1].standing, SURVEY_HOLDS);
	cr_expect_eq(restore_loss(restore, 1)->until, 0);
	cr_expect_eq(survey->orgs[2].standing, SURVEY_GONE);
	cr_expect_eq(restore_loss(restore, 2)->until, 2);
	cr_expect(restore_is_needed(restore));
	cr_expect_eq(restore_pins_error(restore), 0);
	finish(restore, true);
	restore = restore_close(restore);

	cr_expect_eq(generation_of(&world, "acme"), 4, "an entry that says so");
	cr_expect_eq(generation_of(&world, "other"), 2);
	cr_expect_eq(generation_of(&world, "late"), 0);
	world.place.file = NULL;
	restore = open_restore(&world);
	cr_expect_not(restore_is_needed(restore));
}

Test(restore, changes_nothing_before_it_is_finished)
{
	WORLD world;
	world_init(&world);
	RESTORE *restore = open_restore(&world);
	char copy[160];

	snprintf(copy, sizeof(copy), "%s.restoring", world.place.store);
	cr_expect_eq(access(copy, F_OK), 0);
	restore = restore_close(restore);
	cr_expect_eq(access(copy, F_OK), -1);
	cr_expect_eq(generation_of(&world, "acme"), 6);
	cr_expect_eq(generation_of(&world, "late"), 2);
}

Test(restore, confirms_what_was_put_back_by_hand)
{
	WORLD world;
	world_init(&world);
	RESTORE *restore = NULL;
	const struct restore_loss *loss;

	small_store_copy(world.file, world.place.store);
	cr_expect_eq(generation_of(&world, "acme"), -ESTALE);
	world.place.file = NULL;
	restore = open_restore(&world);
	loss = restore_loss(restore, 0);
	cr_expect_not(loss->counted, "what was there is not there any more");
	cr_expect_eq(loss->since, 4);
	cr_expect_eq(loss->until, 6);
	finish(restore, false);
	restore = restore_close(restore);
	cr_expect_eq(generation_of(&world, "acme"), 4);
	cr_expect_eq(generation_of(&world, "late"), 0);
}

/* The marks are those of before: the log says itself that it was put back. */
Test(restore, that_died_before_the_marks_were_written_is_accepted)
{
	WORLD world;
	world_init(&world);
	RESTORE *restore = NULL;
	BYTES pins = file_read(world.place.pins, "");

	restore = open_restore(&world);
	finish(restore, true);
	restore = restore_close(restore);
	file_write(world.place.pins, pins.at, pins.size);
	cr_expect_eq(generation_of(&world, "acme"), 4);
	cr_expect_eq(generation_of(&world, "acme"), 4, "and again, with the mark behind it");
	cr_expect_eq(generation_of(&world, "late"), -EIDRM);
	world.place.file = NULL;
	restore = open_restore(&world);
	finish(restore, false);
	restore = restore_close(restore);
	cr_expect_eq(generation_of(&world, "late"), 0);
}

Test(restore, makes_a_missing_or_damaged_list_anew)
{
	static const int errors[] = {-ENOENT, -EBADMSG};

	for (size_t i = 0; i < 2; i++) {
		WORLD world;
		world_init(&world);
		RESTORE *restore = NULL;

		cr_assert_eq(unlink(world.place.pins), 0);
		if (errors[i] == -EBADMSG)
			file_write(world.place.pins, "rubbish", 7);
		world.place.file = NULL;
		restore = open_restore(&world);
		cr_expect_eq(restore_pins_error(restore), errors[i]);
		cr_assert_eq(restore_survey(restore)->count, 3);
		for (size_t k = 0; k < 3; k++)
			cr_expect_eq(restore_survey(restore)->orgs[k].standing, SURVEY_NEW);
		finish(restore, false);
		restore = restore_close(restore);
		cr_expect_eq(generation_of(&world, "acme"), 6);
		cr_expect_eq(generation_of(&world, "late"), 2);
	}
}

Test(restore, knows_a_renamed_organisation_by_its_new_name)
{
	WORLD world;
	world_init(&world);
	RESTORE *restore = NULL;

	small_store_open(&world.small);
	cr_assert_eq(store_org_rename(world.small.store, 0, "acme & sons"), 0);
	small_store_close(&world.small);
	cr_assert_eq(unlink(world.place.pins), 0);
	world.place.file = NULL;
	restore = open_restore(&world);
	finish(restore, false);
	restore = restore_close(restore);
	cr_expect_eq(generation_of(&world, "acme & sons"), 7);
	cr_expect_eq(generation_of(&world, "acme"), 0);
}

/* Two organisations that call themselves by one name: the one that is pinned keeps it. */
Test(restore, gives_every_organisation_a_name_of_its_own)
{
	WORLD world;
	world_init(&world);
	RESTORE *restore = NULL;

	cr_assert_eq(unlink(world.place.pins), 0);
	cr_assert_eq(pins_create(world.place.pins, world.small.identity.host), 0);
	small_store_open(&world.small);
	small_store_add(&world.small, "acme");
	small_store_close(&world.small);
	world.place.file = NULL;
	restore = open_restore(&world);
	finish(restore, false);
	restore = restore_close(restore);
	small_store_open(&world.small);
	cr_expect_eq(pins_count(store_pins(world.small.store)), 4);
	cr_expect_eq(pins_find(store_pins(world.small.store), "acme"), 0);
}

Test(restore, is_for_one_at_a_time_and_for_its_own_identity)
{
	WORLD world;
	world_init(&world);
	RESTORE *restore = NULL;
	CLEANUP(recipient_freep) struct recipient *host = NULL;

	small_store_open(&world.small);
	cr_expect_eq(try_open(&world, &restore), -EBUSY);
	world.place.file = NULL;
	cr_expect_eq(try_open(&world, &restore), -EBUSY);
	small_store_close(&world.small);
	world.place.file = "/nowhere/at/all";
	cr_expect_eq(try_open(&world, &restore), -ENOENT);
	world.place.file = world.place.pins;
	cr_expect_eq(try_open(&world, &restore), -EBADMSG);

	world.place.file = world.file;
	host = world.small.identity.host;
	cr_assert_eq(recipient_generate(world.small.pool, &world.small.identity.host), 0);
	cr_expect_eq(try_open(&world, &restore), -EKEYREJECTED);
}

/* A branch that went on: the mark names its end, wherever the other one has got to. */
Test(restore, accepts_another_branch)
{
	WORLD world;
	world_init(&world);
	RESTORE *restore = NULL;
	BYTES pins = file_read(world.place.pins, "");

	/* What this host has seen is put out of its mind, and put back later. */
	small_store_copy(world.file, world.place.store);
	cr_assert_eq(unlink(world.place.pins), 0);
	world.place.file = NULL;
	restore = open_restore(&world);
	finish(restore, false);
	restore = restore_close(restore);
	small_store_open(&world.small);
	for (uint64_t i = 2; i <= 7; i++)
		small_store_set(&world.small,
				(size_t)pins_find(store_pins(world.small.store), "acme"), i);
	small_store_close(&world.small);
	file_write(world.place.pins, pins.at, pins.size);
	cr_expect_eq(generation_of(&world, "acme"), -ENOTUNIQ);
	restore = open_restore(&world);
	cr_expect_eq(restore_survey(restore)->orgs[0].standing, SURVEY_BRANCHED);
	cr_expect_eq(restore_loss(restore, 0)->since, 0, "nobody knows where they parted");
	finish(restore, false);
	restore = restore_close(restore);
	cr_expect_eq(generation_of(&world, "acme"), 10);
}
