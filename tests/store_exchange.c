#include "store/exchange.h"

#include <criterion/criterion.h>

#include "tests/small_store.h"

struct paths {
	char new[128], kept[128];
};

static struct paths paths_of(const struct small_store *small)
{
	struct paths paths;

	snprintf(paths.new, sizeof(paths.new), "%s/new.db", small->place.directory);
	snprintf(paths.kept, sizeof(paths.kept), "%s/kept.db", small->place.directory);
	return paths;
}

static uint64_t generation_of(struct small_store *small)
{
	struct org *org = NULL;
	uint64_t generation;

	small_store_open(small);
	cr_assert_eq(store_org(small->store, 0, &org), 0);
	generation = org_generation(org);
	small_store_close(small);
	return generation;
}

Test(exchange, puts_a_database_in_the_place_of_another_and_keeps_that)
{
	SMALL_STORE small;
	small_store_init(&small);
	struct paths paths = paths_of(&small);

	small_store_add(&small, "acme");
	small_store_close(&small);
	small_store_copy(small.place.store, paths.kept);
	small_store_open(&small);
	small_store_set(&small, 0, 1);
	small_store_close(&small);
	small_store_copy(small.place.store, paths.new);
	small_store_copy(paths.kept, small.place.store);
	cr_assert_eq(unlink(paths.kept), 0);

	cr_assert_eq(exchange_put(paths.new, small.place.store, paths.kept), 0);
	cr_expect_eq(access(paths.new, F_OK), -1);
	cr_expect_eq(access(paths.kept, F_OK), 0);
	cr_expect_eq(generation_of(&small), 3);
}

/* The store as a daemon that died left it: with a log that is not yet in the file. */
static void die_with_log(struct small_store *small, bool readable)
{
	BYTES database = {NULL, 0};
	BYTES log = {NULL, 0};
	char name[128];

	snprintf(name, sizeof(name), "%s-wal", small->place.store);
	small_store_open(small);
	small_store_set(small, 0, 1);
	small_store_set(small, 0, 2);
	database = file_read(small->place.store, "");
	log = file_read(small->place.store, "-wal");
	cr_assert_gt(log.size, 0);
	small_store_close(small);
	file_write(small->place.store, readable ? (const void *)database.at : "rubbish",
		   readable ? database.size : 7);
	file_write(name, log.at, log.size);
}

Test(exchange, leaves_no_log_that_would_be_played_into_the_new_database)
{
	for (int readable = 0; readable < 2; readable++) {
		SMALL_STORE small;
		small_store_init(&small);
		struct paths paths = paths_of(&small);
		BYTES pins = {NULL, 0};

		small_store_add(&small, "acme");
		small_store_close(&small);
		small_store_copy(small.place.store, paths.new);
		pins = file_read(small.place.pins, "");
		die_with_log(&small, readable);
		cr_assert_eq(exchange_put(paths.new, small.place.store, paths.kept), 0);
		BYTES left = file_read(small.place.store, "-wal");
		cr_expect_eq(left.size, 0);
		/* Unreadable, it is kept with its log; readable, with what that held. */
		BYTES kept = file_read(paths.kept, "-wal");
		cr_expect_eq(kept.size > 0, !readable);
		file_write(small.place.pins, pins.at, pins.size);
		cr_expect_eq(generation_of(&small), 2);
		if (!readable)
			continue;
		small_store_copy(paths.kept, small.place.store);
		cr_expect_eq(generation_of(&small), 4);
	}
}

Test(exchange, needs_a_store_that_nobody_has_open)
{
	SMALL_STORE small;
	small_store_init(&small);
	struct paths paths = paths_of(&small);

	small_store_add(&small, "acme");
	small_store_copy(small.place.store, paths.new);
	cr_expect_eq(exchange_check(small.place.store), -EBUSY);
	cr_expect_eq(exchange_put(paths.new, small.place.store, paths.kept), -EBUSY);
	small_store_close(&small);
	cr_expect_eq(exchange_check(small.place.store), 0);
	cr_expect_eq(exchange_check("/nowhere/at/all"), 0);
	cr_expect_eq(access(paths.kept, F_OK), -1);
}

Test(exchange, changes_nothing_when_it_cannot_be_done)
{
	SMALL_STORE small;
	small_store_init(&small);
	struct paths paths = paths_of(&small);

	small_store_add(&small, "acme");
	small_store_close(&small);
	cr_expect_eq(exchange_put(paths.new, small.place.store, paths.kept), -ENOENT);
	file_write(paths.new, "rubbish", 7);
	cr_expect_eq(exchange_put(paths.new, small.place.store, paths.kept), -EBADMSG);
	small_store_copy(small.place.store, paths.new);
	file_write(paths.kept, "mine", 4);
	cr_expect_eq(exchange_put(paths.new, small.place.store, paths.kept), -EEXIST);
	cr_expect_eq(generation_of(&small), 2);
	cr_assert_eq(unlink(paths.kept), 0);
	cr_assert_eq(unlink(small.place.store), 0);
	cr_expect_eq(exchange_put(paths.new, small.place.store, paths.kept), 0, "none to keep");
	cr_expect_eq(access(paths.kept, F_OK), -1);
	cr_expect_eq(generation_of(&small), 2);
}
