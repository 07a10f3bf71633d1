#include "store/index.h"

#include <criterion/criterion.h>
#include <endian.h>

#define INDEX CLEANUP(index_freep) struct index

static const struct record_id top;

static struct record_id id_of(uint32_t number)
{
	struct record_id id = {{0}};

	number = htobe32(number);
	memcpy(id.bytes + 8, &number, sizeof(number));
	return id;
}

static struct index *new_index(void)
{
	struct index *index = NULL;

	cr_assert_eq(index_new(&index), 0);
	return index;
}

static void put(struct index *index, uint32_t id, enum record_kind kind, uint32_t parent,
		uint32_t target, const char *name)
{
	struct record record = {.id = id_of(id),
				.kind = kind,
				.parent = id_of(parent),
				.target = id_of(target),
				.name = strdup(name)};

	cr_assert_eq(index_put(index, &record), 0);
	cr_expect_null(record.name);
}

/* The number of the child that is found; 0 for none. */
static uint32_t child(const struct index *index, uint32_t parent, enum record_kind kind,
		      const char *name)
{
	const struct record *record = index_child(index, id_of(parent), kind, name);
	uint32_t number = 0;

	if (record) {
		cr_expect_str_eq(record->name, name);
		memcpy(&number, record->id.bytes + 8, sizeof(number));
	}
	return be32toh(number);
}

static size_t count_children(const struct index *index, struct record_id parent)
{
	const struct record *record = NULL;
	size_t count = 0;

	while ((record = index_next_child(index, parent, record))) {
		cr_expect(record_id_equal(record->parent, parent));
		count++;
	}
	return count;
}

static size_t count_heirs(const struct index *index, uint32_t account)
{
	const struct record *record = NULL;
	size_t count = 0;

	while ((record = index_next_heir(index, id_of(account), record))) {
		cr_expect(record_id_equal(record->target, id_of(account)));
		count++;
	}
	return count;
}

Test(index, an_empty_index_has_nothing)
{
	INDEX *index = new_index();

	cr_expect_null(index_get(index, top));
	cr_expect_eq(child(index, 0, RECORD_ACCOUNT, "openai"), 0);
	cr_expect_eq(count_children(index, top), 0);
	cr_expect_eq(count_heirs(index, 1), 0);
	index_remove(index, id_of(1));
}

Test(index, records_are_found_by_id_by_name_as_children_and_as_heirs)
{
	INDEX *index = new_index();

	put(index, 0, RECORD_ORG, 0, 0, "acme");
	put(index, 1, RECORD_ACCOUNT, 0, 0, "openai");
	put(index, 2, RECORD_FIELD, 1, 0, "api_key");
	put(index, 3, RECORD_FIELD, 1, 0, "api_base");
	put(index, 4, RECORD_PROJECT, 0, 0, "openai");
	put(index, 5, RECORD_INHERIT, 4, 1, "ai");
	put(index, 6, RECORD_ACCOUNT, 4, 0, "own");

	cr_expect_str_eq(index_get(index, top)->name, "acme");
	cr_expect_eq(index_get(index, id_of(5))->kind, RECORD_INHERIT);
	cr_expect_null(index_get(index, id_of(7)));
	cr_expect_eq(child(index, 0, RECORD_ACCOUNT, "openai"), 1);
	cr_expect_eq(child(index, 0, RECORD_PROJECT, "openai"), 4);
	cr_expect_eq(child(index, 0, RECORD_ORG, "acme"), 0);
	cr_expect_eq(child(index, 1, RECORD_FIELD, "api_key"), 2);
	cr_expect_eq(child(index, 1, RECORD_FIELD, "api_kez"), 0);
	cr_expect_eq(child(index, 2, RECORD_FIELD, "api_key"), 0);
	/* Accounts and inheritances share their names. */
	cr_expect_eq(child(index, 4, RECORD_ACCOUNT, "ai"), 5);
	cr_expect_eq(child(index, 4, RECORD_INHERIT, "own"), 6);
	cr_expect_eq(count_children(index, top), 2);
	cr_expect_eq(count_children(index, id_of(1)), 2);
	cr_expect_eq(count_children(index, id_of(4)), 2);
	cr_expect_eq(count_heirs(index, 1), 1);
	cr_expect_eq(count_heirs(index, 4), 0);
}

Test(index, a_record_put_again_moves)
{
	INDEX *index = new_index();

	put(index, 1, RECORD_ACCOUNT, 0, 0, "one");
	put(index, 2, RECORD_ACCOUNT, 0, 0, "two");
	put(index, 4, RECORD_PROJECT, 0, 0, "etl");
	put(index, 5, RECORD_INHERIT, 4, 1, "link");
	put(index, 5, RECORD_INHERIT, 4, 2, "renamed");
	cr_expect_eq(child(index, 4, RECORD_INHERIT, "link"), 0);
	cr_expect_eq(child(index, 4, RECORD_INHERIT, "renamed"), 5);
	cr_expect_eq(count_heirs(index, 1), 0);
	cr_expect_eq(count_heirs(index, 2), 1);
	put(index, 2, RECORD_ACCOUNT, 4, 0, "two");
	cr_expect_eq(count_children(index, top), 2);
	cr_expect_eq(count_children(index, id_of(4)), 2);
	/* A name that was taken is free for others at once. */
	put(index, 6, RECORD_ACCOUNT, 0, 0, "two");
	cr_expect_eq(child(index, 0, RECORD_ACCOUNT, "two"), 6);
	cr_expect_eq(child(index, 4, RECORD_ACCOUNT, "two"), 2);
}

Test(index, of_two_records_with_one_name_the_lower_id_is_served)
{
	static const uint32_t orders[][3] = {{1, 2, 3}, {3, 2, 1}, {2, 3, 1}, {2, 1, 3}};

	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		INDEX *index = new_index();

		for (size_t j = 0; j < 3; j++)
			put(index, orders[i][j], j ? RECORD_ACCOUNT : RECORD_INHERIT, 0, 9, "twin");
		cr_expect_eq(child(index, 0, RECORD_ACCOUNT, "twin"), 1, "row %zu", i);
		cr_expect_eq(count_children(index, top), 3);
		index_remove(index, id_of(1));
		cr_expect_eq(child(index, 0, RECORD_ACCOUNT, "twin"), 2, "row %zu", i);
		index_remove(index, id_of(3));
		cr_expect_eq(child(index, 0, RECORD_ACCOUNT, "twin"), 2, "row %zu", i);
		index_remove(index, id_of(2));
		cr_expect_eq(child(index, 0, RECORD_ACCOUNT, "twin"), 0, "row %zu", i);
	}
}

Test(index, without_its_parent_a_record_is_found_by_its_id_alone)
{
	INDEX *index = new_index();

	put(index, 2, RECORD_FIELD, 1, 0, "api_key");
	put(index, 3, RECORD_INHERIT, 1, 1, "strange");
	cr_expect_not_null(index_get(index, id_of(2)));
	cr_expect_eq(child(index, 1, RECORD_FIELD, "api_key"), 0);
	cr_expect_eq(count_children(index, id_of(1)), 0);
	cr_expect_null(index_get(index, id_of(1)));
	cr_expect_eq(count_heirs(index, 1), 1);

	put(index, 1, RECORD_ACCOUNT, 0, 0, "openai");
	cr_expect_eq(child(index, 1, RECORD_FIELD, "api_key"), 2);
	cr_expect_eq(count_children(index, id_of(1)), 2);
	index_remove(index, id_of(1));
	cr_expect_eq(child(index, 1, RECORD_FIELD, "api_key"), 0);
	cr_expect_eq(count_heirs(index, 1), 1);
	index_remove(index, id_of(3));
	index_remove(index, id_of(2));
	cr_expect_eq(count_heirs(index, 1), 0);
}

Test(index, parents_that_are_each_others_children_do_no_harm)
{
	INDEX *index = new_index();

	put(index, 1, RECORD_ACCOUNT, 2, 0, "one");
	put(index, 2, RECORD_ACCOUNT, 1, 0, "two");
	cr_expect_eq(child(index, 1, RECORD_ACCOUNT, "two"), 2);
	cr_expect_eq(child(index, 2, RECORD_ACCOUNT, "one"), 1);
	index_remove(index, id_of(1));
	cr_expect_eq(count_children(index, id_of(2)), 0);
	put(index, 1, RECORD_ACCOUNT, 2, 0, "one");
	index_remove(index, id_of(2));
	index_remove(index, id_of(1));
	cr_expect_eq(child(index, 1, RECORD_ACCOUNT, "two"), 0);
}

/* Adversarial order, equal names: no step may depend on how many there are but by its logarithm. */
Test(index, many_records_take_no_quadratic_time, .timeout = 20)
{
	enum { COUNT = 100000 };
	INDEX *index = new_index();
	char name[16];

	for (uint32_t i = COUNT; i > 0; i--)
		put(index, i, RECORD_ACCOUNT, 0, 0, "same");
	cr_expect_eq(child(index, 0, RECORD_ACCOUNT, "same"), 1);
	for (uint32_t i = 1; i <= COUNT; i++) {
		snprintf(name, sizeof(name), "%u", i);
		put(index, i, RECORD_FIELD, 1 + i % 1000 + (i < 1002 ? 2000 : 0), 0, name);
	}
	for (uint32_t i = 2000; i <= COUNT; i += 7) {
		snprintf(name, sizeof(name), "%u", i);
		cr_assert_eq(child(index, 1 + i % 1000, RECORD_FIELD, name), i);
	}
	for (uint32_t i = 1; i <= COUNT; i++)
		index_remove(index, id_of(i));
	cr_expect_eq(count_children(index, top), 0);
}
