#include <criterion/criterion.h>

#include "fs/slots.h"

Test(slots, a_number_finds_its_thing_until_it_is_taken)
{
	CLEANUP(slots_freep) struct slots *slots = NULL;
	uint64_t number = 0;
	int thing = 0;

	cr_assert_eq(slots_new(&slots), 0);
	cr_assert_eq(slots_put(slots, &thing, 8, &number), 0);
	cr_assert_eq(slots_get(slots, number), &thing);
	cr_assert_eq(slots_take(slots, number), &thing);
	cr_assert_null(slots_get(slots, number));
	cr_assert_null(slots_take(slots, number));
}

Test(slots, an_old_number_does_not_find_the_next_in_its_place)
{
	CLEANUP(slots_freep) struct slots *slots = NULL;
	uint64_t old = 0;
	uint64_t new = 0;
	int thing = 0;

	cr_assert_eq(slots_new(&slots), 0);
	cr_assert_eq(slots_put(slots, &thing, 8, &old), 0);
	slots_take(slots, old);
	cr_assert_eq(slots_put(slots, &thing, 10, &new), 0);
	cr_assert_neq(old, new);
	cr_assert_null(slots_get(slots, old));
	cr_assert_eq(slots_get(slots, new), &thing);
}

Test(slots, a_number_of_no_table_finds_nothing)
{
	CLEANUP(slots_freep) struct slots *slots = NULL;

	cr_assert_eq(slots_new(&slots), 0);
	cr_assert_null(slots_get(slots, 0));
	cr_assert_null(slots_get(slots, UINT64_MAX));
	cr_assert_null(slots_take_any(slots));
}

Test(slots, thousands_are_kept_apart)
{
	enum { THINGS = 5000 };
	CLEANUP(slots_freep) struct slots *slots = NULL;
	static uint64_t numbers[THINGS];
	static int things[THINGS];
	size_t left = 0;

	cr_assert_eq(slots_new(&slots), 0);
	for (size_t i = 0; i < THINGS; i++)
		cr_assert_eq(slots_put(slots, &things[i], i, &numbers[i]), 0);
	for (size_t i = 0; i < THINGS; i += 2)
		cr_assert_eq(slots_take(slots, numbers[i]), &things[i]);
	for (size_t i = 1; i < THINGS; i += 2)
		cr_assert_eq(slots_get(slots, numbers[i]), &things[i]);
	while (slots_take_any(slots))
		left++;
	cr_assert_eq(left, THINGS / 2);
}

Test(slots, a_full_table_says_so)
{
	CLEANUP(slots_freep) struct slots *slots = NULL;
	uint64_t number = 0;
	int thing = 0;

	cr_assert_eq(slots_new(&slots), 0);
	for (size_t i = 0; i < SLOTS_MAX; i++)
		cr_assert_eq(slots_put(slots, &thing, i, &number), 0);
	cr_assert_eq(slots_put(slots, &thing, 1, &number), -ENFILE);
	slots_take(slots, number);
	cr_assert_eq(slots_put(slots, &thing, 1, &number), 0);
}
