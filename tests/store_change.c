#include "store/change.h"

#include <criterion/criterion.h>

#define CHANGE CLEANUP(change_freep) struct change

static struct record_id id_of(uint8_t number)
{
	return (struct record_id){{number}};
}

static struct change *new_change(void)
{
	struct change *change = NULL;

	cr_assert_eq(change_new(&change), 0);
	return change;
}

static void put(struct change *change, uint8_t id, const char *name)
{
	CLEANUP_FREE char *own = strdup(name);
	const struct record record = {.id = id_of(id), .kind = RECORD_ACCOUNT, .name = own};

	cr_assert_eq(change_put(change, &record), 0);
}

Test(change, a_new_change_is_empty)
{
	CHANGE *change = new_change();
	const struct change_item *items;
	const struct change_value *values;

	cr_expect(change_is_empty(change));
	cr_expect_eq(change_items(change, &items), 0);
	cr_expect_eq(change_values(change, &values), 0);
}

Test(change, records_are_copied_and_kept_in_order)
{
	CHANGE *change = new_change();
	const struct change_item *items;

	for (uint8_t i = 0; i < 100; i++) {
		char name[] = {(char)('0' + i / 10), (char)('0' + i % 10), '\0'};

		put(change, i, name);
	}
	cr_assert_eq(change_items(change, &items), 100);
	cr_expect_not(change_is_empty(change));
	for (uint8_t i = 0; i < 100; i++) {
		cr_expect(record_id_equal(items[i].record.id, id_of(i)));
		cr_expect_eq(strtol(items[i].record.name, NULL, 10), i);
		cr_expect_not(items[i].remove);
	}
}

Test(change, of_one_record_the_last_word_counts)
{
	CHANGE *change = new_change();
	const struct change_item *items;

	put(change, 1, "first");
	put(change, 2, "other");
	put(change, 1, "second");
	cr_assert_eq(change_items(change, &items), 2);
	cr_expect_str_eq(items[0].record.name, "second");

	cr_assert_eq(change_remove(change, id_of(1)), 0);
	cr_assert_eq(change_remove(change, id_of(3)), 0);
	cr_assert_eq(change_items(change, &items), 3);
	cr_expect(items[0].remove);
	cr_expect_null(items[0].record.name);
	cr_expect(items[2].remove);

	put(change, 1, "third");
	cr_assert_eq(change_items(change, &items), 3);
	cr_expect_not(items[0].remove);
	cr_expect_str_eq(items[0].record.name, "third");
}

Test(change, of_one_version_of_a_value_the_last_word_counts)
{
	CHANGE *change = new_change();
	const struct secret *one = (const struct secret *)"1", *two = (const struct secret *)"2";
	const struct change_value *values;

	for (uint64_t version = 1; version <= 50; version++)
		cr_assert_eq(change_put_value(change, id_of(1), version, one), 0);
	cr_assert_eq(change_put_value(change, id_of(2), 7, one), 0);
	cr_assert_eq(change_put_value(change, id_of(1), 7, two), 0);
	cr_assert_eq(change_remove_value(change, id_of(1), 8), 0);
	cr_assert_eq(change_values(change, &values), 51);
	cr_expect_eq(values[6].value, two);
	cr_expect_null(values[7].value);
	cr_expect_eq(values[50].value, one);
	cr_expect_eq(values[50].version, 7);
	cr_expect_not(change_is_empty(change));
}

Test(change, new_ids_differ)
{
	struct record_id one = record_id_new(), two = record_id_new();

	cr_expect_not(record_id_equal(one, two));
	cr_expect_not(record_id_is_zero(one));
}
