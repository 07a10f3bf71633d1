#include "store/table.h"

#include <criterion/criterion.h>

struct thing {
	uint64_t number;
	struct table_place place;
};

enum { THINGS = 1000 };

static struct thing *at(struct table_place *place)
{
	return (struct thing *)((char *)place - offsetof(struct thing, place));
}

static uint64_t hash_of(const struct table *table, uint64_t number)
{
	return table_hash(table, &number, sizeof number);
}

static struct thing *find(const struct table *table, uint64_t number)
{
	struct table_place *place = table_find(table, hash_of(table, number));

	while (place && at(place)->number != number)
		place = table_find_next(place);
	return place ? at(place) : NULL;
}

static void fill(struct table *table, struct thing *things)
{
	for (size_t i = 0; i < THINGS; i++) {
		things[i].number = i;
		cr_assert_eq(table_put(table, &things[i].place, hash_of(table, i)), 0);
	}
}
#define TABLE CLEANUP(table_done) struct table

Test(table, finds_what_was_put_and_nothing_else)
{
	struct thing things[THINGS];
	TABLE table;

	table_init(&table);
	cr_expect_null(find(&table, 1), "nothing in an empty one");
	fill(&table, things);
	cr_expect_eq(table.count, THINGS);
	for (size_t i = 0; i < THINGS; i++)
		cr_expect_eq(find(&table, i), &things[i], "%zu", i);
	cr_expect_null(find(&table, THINGS));
}

Test(table, what_is_removed_is_gone_alone)
{
	struct thing things[THINGS];
	TABLE table;

	table_init(&table);
	fill(&table, things);
	for (size_t i = 0; i < THINGS; i += 3)
		table_remove(&table, &things[i].place);
	for (size_t i = 0; i < THINGS; i++)
		cr_expect_eq(find(&table, i), i % 3 ? &things[i] : NULL, "%zu", i);
	cr_expect_eq(table.count, THINGS - (THINGS + 2) / 3);
}

Test(table, those_with_one_hash_are_told_apart_by_the_caller)
{
	struct thing things[40];
	TABLE table;

	table_init(&table);
	for (size_t i = 0; i < 40; i++) {
		things[i].number = i;
		cr_assert_eq(table_put(&table, &things[i].place, i / 20), 0);
	}
	for (size_t i = 0; i < 40; i++) {
		struct table_place *place = table_find(&table, i / 20);

		while (place && at(place)->number != i)
			place = table_find_next(place);
		cr_expect_eq(place, &things[i].place, "%zu", i);
	}
	cr_expect_null(table_find(&table, 2));
}

Test(table, all_are_visited_once)
{
	struct thing things[THINGS];
	struct table_place *place = NULL;
	bool seen[THINGS] = {false};
	size_t count = 0;
	TABLE table;

	table_init(&table);
	cr_expect_null(table_next(&table, NULL));
	fill(&table, things);
	while ((place = table_next(&table, place))) {
		cr_expect_not(seen[at(place)->number]);
		seen[at(place)->number] = true;
		count++;
	}
	cr_expect_eq(count, THINGS);
}

Test(table, where_a_key_lies_is_not_to_be_foreseen)
{
	TABLE one, other;

	table_init(&one);
	table_init(&other);
	cr_expect_neq(hash_of(&one, 1), hash_of(&other, 1));
	cr_expect_eq(hash_of(&one, 1), hash_of(&one, 1));
}
