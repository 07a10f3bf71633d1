#include "store/outline.h"

#include <criterion/criterion.h>

#include "store/sqlite.h"
#include "tests/small_store.h"

#define ENGINE CLEANUP(engine_closep) struct engine

Test(outline, is_as_long_as_the_log_and_tells_where_two_part)
{
	SMALL_STORE small;
	small_store_init(&small);
	CLEANUP_OUTLINE struct outline one = {0};
	CLEANUP_OUTLINE struct outline two = {0};
	CLEANUP_OUTLINE struct outline none = {0};
	ENGINE *engine = NULL;
	struct org_id acme, other;

	small_store_add(&small, "acme");
	small_store_add(&small, "other");
	for (uint64_t i = 1; i <= 5; i++)
		small_store_set(&small, 0, i);
	acme = org_id_of(&pins_get(store_pins(small.store), 0)->fingerprint);
	other = org_id_of(&pins_get(store_pins(small.store), 1)->fingerprint);
	small_store_close(&small);
	cr_assert_eq(sqlite_open(small.place.store, &engine), 0);
	cr_assert_eq(outline_make(engine, acme, &one), 0);
	cr_expect_eq(one.count, 7);
	for (size_t i = 2; i < one.count; i++)
		cr_expect_geq(one.entries[i].time, one.entries[i - 1].time);
	cr_expect_eq(outline_common(&one, &one), 7);
	cr_assert_eq(outline_make(engine, other, &two), 0);
	cr_expect_eq(outline_common(&one, &two), 0);
	outline_done(&two);

	engine = engine_close(engine);
	tamper(small.place.store, "UPDATE log SET entry = zeroblob(9) WHERE gen = 5");
	cr_assert_eq(sqlite_open(small.place.store, &engine), 0);
	cr_assert_eq(outline_make(engine, acme, &two), 0);
	cr_expect_eq(two.count, 7);
	cr_expect_eq(two.entries[4].time, 0, "it is no entry");
	cr_expect_eq(outline_common(&one, &two), 4);
	cr_assert_eq(outline_make(engine, (struct org_id){{9}}, &none), 0);
	cr_expect_eq(none.count, 0);
	cr_expect_eq(outline_common(&one, &none), 0);
}
