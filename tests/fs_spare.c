#include "fs/spare.h"

#include "tests/place.h"

static void expect_text(int descriptor, const char *text)
{
	char read[64] = "";

	cr_assert_geq(pread(descriptor, read, sizeof read - 1, 0), 0);
	cr_expect_str_eq(read, text);
}

Test(spare, is_what_the_file_was)
{
	PLACE place = place_new();
	CLEANUP_CLOSE int spare = -1;
	CLEANUP_CLOSE int again = -1;
	char name[64];

	file_write(place.store, "[store]\n", 8);
	cr_assert_eq(spare_new(place.store, &spare), 0);
	file_write(place.store, "other", 5);
	expect_text(spare, "[store]\n");
	cr_expect_eq(pwrite(spare, "x", 1, 0), -1, "nobody changes it");
	cr_expect_eq(ftruncate(spare, 0), -1);
	/* as a worker opens it, from its beginning */
	snprintf(name, sizeof name, "/proc/self/fd/%d", spare);
	again = open(name, O_RDONLY | O_CLOEXEC);
	expect_text(again, "[store]\n");
}

Test(spare, of_nothing_is_none)
{
	PLACE place = place_new();
	int spare = -1;

	cr_expect_eq(spare_new(place.store, &spare), -ENOENT);
	cr_expect_eq(spare, -1);
}

Test(spare, has_a_bound)
{
	PLACE place = place_new();
	int spare = -1;

	file_write(place.store, "", 0);
	cr_assert_eq(truncate(place.store, 1 << 20), 0);
	cr_assert_eq(spare_new(place.store, &spare), 0);
	close(spare);
	spare = -1;
	cr_assert_eq(truncate(place.store, (1 << 20) + 1), 0);
	cr_expect_eq(spare_new(place.store, &spare), -EFBIG);
	cr_expect_eq(spare, -1);
}

Test(spare, is_told_from_another)
{
	static const struct {
		const char *text;
		bool same;
	} rows[] = {{"[store]\n", true}, {"[store]", false}, {"[store]\n#", false}, {"", false}};
	PLACE place = place_new();
	CLEANUP_CLOSE int spare = -1;

	file_write(place.store, "[store]\n", 8);
	cr_assert_eq(spare_new(place.store, &spare), 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		CLEANUP_CLOSE int other = -1;

		file_write(place.store, rows[i].text, strlen(rows[i].text));
		cr_assert_eq(spare_new(place.store, &other), 0);
		cr_expect_eq(spare_is_same(spare, other), rows[i].same, "%zu", i);
	}
	cr_expect_not(spare_is_same(spare, -1));
}
