#include <criterion/criterion.h>

#include "fs/tombstone.h"

static const uint64_t second = 1000000000;
static const struct tombstone one = {
	.field = {{1}}, .uid = 1000, .version = 3, .removed = UINT64_C(100000000000)};

Test(tombstone, is_found_by_who_made_it_while_it_is_fresh)
{
	static struct tombstones tombstones;
	const struct record_id other = {{2}};

	cr_assert(tombstones_put(&tombstones, &one));
	cr_assert_not_null(tombstones_find(&tombstones, one.field, 1000, 109 * second));
	cr_assert_null(tombstones_find(&tombstones, one.field, 1001, 109 * second));
	cr_assert_null(tombstones_find(&tombstones, other, 1000, 109 * second));
	cr_assert_null(tombstones_find(&tombstones, one.field, 1000, 110 * second));
}

Test(tombstone, is_taken_once_it_is_no_longer_fresh)
{
	static struct tombstones tombstones;
	struct tombstone taken = {0};

	cr_assert(tombstones_put(&tombstones, &one));
	cr_assert_not(tombstones_take_expired(&tombstones, 109 * second, &taken));
	cr_assert(tombstones_take_expired(&tombstones, 110 * second, &taken));
	cr_assert_eq(taken.version, 3);
	cr_assert_not(tombstones_take_expired(&tombstones, 110 * second, &taken));
}

Test(tombstone, a_field_has_one)
{
	static struct tombstones tombstones;
	struct tombstone later = one;

	later.version = 4;
	cr_assert(tombstones_put(&tombstones, &one));
	cr_assert(tombstones_put(&tombstones, &later));
	cr_assert_eq(tombstones_find(&tombstones, one.field, 1000, 101 * second)->version, 4);
	tombstones_drop(&tombstones, one.field);
	cr_assert_null(tombstones_find(&tombstones, one.field, 1000, 101 * second));
}

Test(tombstone, stays_while_somebody_writes_what_takes_its_place)
{
	static struct tombstones tombstones;
	struct tombstone taken = {0};

	cr_assert(tombstones_put(&tombstones, &one));
	cr_assert_not(tombstones_hold(&tombstones, one.field, 1001, 101 * second), "not his");
	cr_assert_not(tombstones_hold(&tombstones, one.field, 1000, 110 * second), "too late");
	cr_assert(tombstones_hold(&tombstones, one.field, 1000, 109 * second));
	cr_assert(tombstones_hold(&tombstones, one.field, 1000, 200 * second));
	tombstones_release(&tombstones, one.field);
	cr_assert_not(tombstones_take_expired(&tombstones, 300 * second, &taken));
	cr_assert_not_null(tombstones_find(&tombstones, one.field, 1000, 300 * second));
	tombstones_release(&tombstones, one.field);
	tombstones_release(&tombstones, one.field);
	cr_assert_null(tombstones_find(&tombstones, one.field, 1000, 300 * second));
	cr_assert(tombstones_take_expired(&tombstones, 300 * second, &taken));
}

Test(tombstone, is_taken_at_the_end_whoever_holds_it)
{
	static struct tombstones tombstones;
	struct tombstone taken = {0};

	cr_assert(tombstones_put(&tombstones, &one));
	cr_assert(tombstones_hold(&tombstones, one.field, 1000, 109 * second));
	cr_assert(tombstones_take_expired(&tombstones, UINT64_MAX, &taken));
}

Test(tombstone, without_room_there_is_none)
{
	static struct tombstones tombstones;

	for (size_t i = 0; i < TOMBSTONES; i++) {
		struct tombstone tombstone = one;

		tombstone.field.bytes[0] = (uint8_t)i;
		tombstone.field.bytes[1] = (uint8_t)(i >> 8);
		tombstone.field.bytes[2] = 1;
		cr_assert(tombstones_put(&tombstones, &tombstone));
	}
	cr_assert_not(tombstones_put(&tombstones, &one));
}
