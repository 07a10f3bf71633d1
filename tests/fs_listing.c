#include <criterion/criterion.h>

#include "fs/listing.h"

Test(listing, is_sorted_by_rank_then_name)
{
	static const struct {
		const char *name;
		unsigned rank;
	} entries[] = {{"zone", 2}, {"api_key", 2}, {"api_base", 1}, {"provider", 0}, {"a", 2}};
	static const char *const expected[] = {"provider", "api_base", "a", "api_key", "zone"};
	const struct node node = {.kind = NODE_FIELD};
	struct listing listing = {0};

	for (size_t i = 0; i < 5; i++)
		cr_assert_eq(listing_add(&listing, entries[i].name, &node, entries[i].rank), 0);
	listing_sort(&listing);
	cr_assert_eq(listing.count, 5);
	for (size_t i = 0; i < 5; i++)
		cr_assert_str_eq(listing.list[i].name, expected[i]);
	listing_done(&listing);
	cr_assert_eq(listing.count, 0);
}

Test(listing, grows)
{
	const struct node node = {.kind = NODE_FIELD};
	struct listing listing = {0};

	for (unsigned i = 0; i < 1000; i++) {
		char name[16];

		snprintf(name, sizeof name, "%04u", 999 - i);
		cr_assert_eq(listing_add(&listing, name, &node, 0), 0);
	}
	listing_sort(&listing);
	cr_assert_str_eq(listing.list[0].name, "0000");
	cr_assert_str_eq(listing.list[999].name, "0999");
	listing_done(&listing);
}
