#include "store/rescue.h"

#include <criterion/criterion.h>
#include <dirent.h>

#include "tests/place.h"

static const struct survey_watch nobody;

/* A host's own store, and the recovery recipient whose phrase lies in a drawer. */
struct world {
	struct place place;
	struct secret_pool *pool;
	struct recipient *host, *recovery, *stranger;
};

static void world_init(struct world *world)
{
	struct identity identity = {0};

	*world = (struct world){.place = place_new()};
	cr_assert_eq(secret_pool_new(8 << 20, &world->pool), 0);
	cr_assert_eq(recipient_generate(world->pool, &world->host), 0);
	cr_assert_eq(recipient_generate(world->pool, &world->recovery), 0);
	cr_assert_eq(recipient_generate(world->pool, &world->stranger), 0);
	identity.host = world->host;
	cr_assert_eq(store_create(world->place.store, world->place.pins, &identity), 0);
}

static void world_done(struct world *world)
{
	recipient_free(world->host);
	recipient_free(world->recovery);
	recipient_free(world->stranger);
	secret_pool_free(world->pool);
	place_done(&world->place);
}
#define WORLD CLEANUP(world_done) struct world

static struct recipient *copy_of(struct world *world, const struct recipient *recipient)
{
	struct recipient *copy = NULL;

	cr_assert_eq(recipient_from_seed(world->pool, recipient_seed(recipient), &copy), 0);
	return copy;
}

/* The host makes an organisation, sealed to the recovery recipient as well or not. */
static void found(struct world *world, const char *pins, const char *name, bool recoverable)
{
	struct identity identity = {
		.host = copy_of(world, world->host),
		.recovery = *recipient_public(world->recovery),
		.has_recovery = recoverable,
	};
	CLEANUP(store_closep) struct store *store = NULL;
	size_t index;

	cr_assert_eq(store_open(world->pool, world->place.store, pins, &identity, &store), 0);
	cr_assert_eq(store_org_create(store, name, NULL, &index), 0);
}

/* As who has typed this recipient's phrase. */
static int join(struct world *world, const struct recipient *who, const struct survey_watch *watch,
		struct store **ret)
{
	CLEANUP_IDENTITY struct identity identity = {.host = copy_of(world, who)};

	return rescue_join(world->pool, world->place.store, &identity, watch, ret);
}

static size_t count_files(const char *path)
{
	DIR *directory = opendir(path);
	size_t count = 0;

	cr_assert_not_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

Test(rescue, opens_with_the_phrase_what_is_sealed_to_it)
{
	CLEANUP(store_closep) struct store *store = NULL;
	WORLD world;
	struct org *org = NULL;

	world_init(&world);
	found(&world, world.place.pins, "acme", true);
	found(&world, world.place.pins, "other", true);
	cr_assert_eq(join(&world, world.recovery, &nobody, &store), 0);
	cr_assert_eq(pins_count(store_pins(store)), 2);
	for (size_t i = 0; i < 2; i++) {
		const char *name = i ? "other" : "acme";
		const int index = pins_find(store_pins(store), name);

		cr_assert_geq(index, 0, "%s", name);
		cr_assert_eq(store_org(store, (size_t)index, &org), 0);
		cr_expect_eq(org_capability(org), CAN_MANAGE);
		cr_expect_str_eq(org_record(org, (struct record_id){{0}})->name, name);
	}
	store = store_close(store);
}

Test(rescue, leaves_out_what_the_phrase_does_not_open)
{
	CLEANUP(store_closep) struct store *store = NULL;
	WORLD world;

	world_init(&world);
	found(&world, world.place.pins, "acme", true);
	found(&world, world.place.pins, "hidden", false);
	cr_assert_eq(join(&world, world.recovery, &nobody, &store), 0);
	cr_assert_eq(pins_count(store_pins(store)), 1);
	cr_expect_str_eq(pins_get(store_pins(store), 0)->name, "acme");
	store = store_close(store);
}

Test(rescue, with_another_phrase_opens_nothing)
{
	struct store *store = NULL;
	WORLD world;

	world_init(&world);
	found(&world, world.place.pins, "acme", true);
	cr_expect_eq(join(&world, world.stranger, &nobody, &store), -EKEYREJECTED);
	cr_expect_null(store);
}

Test(rescue, of_an_empty_store_is_an_empty_list)
{
	CLEANUP(store_closep) struct store *store = NULL;
	WORLD world;

	world_init(&world);
	cr_assert_eq(join(&world, world.recovery, &nobody, &store), 0);
	cr_expect_eq(pins_count(store_pins(store)), 0);
	store = store_close(store);
}

Test(rescue, without_a_store_says_so)
{
	struct store *store = NULL;
	WORLD world;

	world_init(&world);
	store_remove(world.place.store, world.place.pins);
	cr_expect_eq(join(&world, world.recovery, &nobody, &store), -ENOENT);
	cr_expect_null(store);
}

Test(rescue, writes_no_file_of_its_own)
{
	CLEANUP(store_closep) struct store *store = NULL;
	WORLD world;
	size_t before;

	world_init(&world);
	found(&world, world.place.pins, "acme", true);
	remove(world.place.pins);
	before = count_files(world.place.directory);
	cr_assert_eq(join(&world, world.recovery, &nobody, &store), 0);
	store = store_close(store);
	cr_expect_eq(count_files(world.place.directory), before);
	cr_expect_neq(access(world.place.pins, F_OK), 0);
}

/* Two hosts may each have one of this name; who rescues has to tell them apart. */
Test(rescue, of_two_with_one_name_opens_both)
{
	CLEANUP(store_closep) struct store *store = NULL;
	const char *first, *second;
	char pins[128];
	WORLD world;

	world_init(&world);
	found(&world, world.place.pins, "acme", true);
	snprintf(pins, sizeof(pins), "%s/others", world.place.directory);
	cr_assert_eq(pins_create(pins, world.host), 0);
	found(&world, pins, "acme", true);
	cr_assert_eq(join(&world, world.recovery, &nobody, &store), 0);
	cr_assert_eq(pins_count(store_pins(store)), 2);
	first = pins_get(store_pins(store), 0)->name;
	second = pins_get(store_pins(store), 1)->name;
	cr_expect_str_eq(first, "acme");
	cr_expect_eq(strncmp(second, "acme (", 6), 0, "%s", second);
	store = store_close(store);
}

Test(rescue, of_what_is_damaged_says_damaged_and_not_that_the_phrase_is_wrong)
{
	struct store *store = NULL;
	WORLD world;

	world_init(&world);
	found(&world, world.place.pins, "acme", true);
	tamper(world.place.store, "UPDATE log SET entry = zeroblob(length(entry)) WHERE gen = 2");
	cr_expect_eq(join(&world, world.recovery, &nobody, &store), -EBADMSG);
	cr_expect_null(store);
}

static bool stop(void *context, uint64_t done, uint64_t total)
{
	(void)context, (void)done, (void)total;
	return false;
}

enum { MANY = 100 }; /* rows, so that it is asked whether to go on */

static void found_large(struct world *world)
{
	struct identity identity = {
		.host = copy_of(world, world->host),
		.recovery = *recipient_public(world->recovery),
		.has_recovery = true,
	};
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(change_freep) struct change *change = NULL;
	char name[16];
	size_t index;

	cr_assert_eq(change_new(&change), 0);
	for (uint8_t i = 1; i <= MANY; i++) {
		const struct record record = {.id = {{i}}, .kind = RECORD_PROJECT, .name = name};

		snprintf(name, sizeof(name), "project-%u", i);
		cr_assert_eq(change_put(change, &record), 0);
	}
	cr_assert_eq(
		store_open(world->pool, world->place.store, world->place.pins, &identity, &store),
		0);
	cr_assert_eq(store_org_create(store, "acme", change, &index), 0);
}

Test(rescue, ends_when_it_is_told_to)
{
	const struct survey_watch watch = {.watch = stop};
	struct store *store = NULL;
	WORLD world;

	world_init(&world);
	found_large(&world);
	cr_expect_eq(join(&world, world.recovery, &watch, &store), -ECANCELED);
	cr_expect_null(store);
}
