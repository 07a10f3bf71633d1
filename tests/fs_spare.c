#include "fs/spare.h"

#include <limits.h>
#include <sys/stat.h>

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
	CLEANUP_SPARE struct spare spare = NO_SPARE;
	CLEANUP_CLOSE int again = -1;
	char name[64];

	file_write(place.store, "[store]\n", 8);
	cr_assert_eq(spare_new(place.store, TEST_DATA "/conf/none", &spare), 0);
	file_write(place.store, "other", 5);
	expect_text(spare.settings, "[store]\n");
	expect_text(spare.providers, "");
	cr_expect_eq(pwrite(spare.settings, "x", 1, 0), -1, "nobody changes it");
	cr_expect_eq(ftruncate(spare.settings, 0), -1);
	cr_expect_eq(pwrite(spare.providers, "x", 1, 0), -1);
	/* as a worker opens it, from its beginning */
	snprintf(name, sizeof name, "/proc/self/fd/%d", spare.settings);
	again = open(name, O_RDONLY | O_CLOEXEC);
	expect_text(again, "[store]\n");
}

Test(spare, of_nothing_is_none)
{
	PLACE place = place_new();
	struct spare spare = NO_SPARE;

	cr_expect_eq(spare_new(place.store, TEST_DATA "/conf/none", &spare), -ENOENT);
	file_write(place.store, "", 0);
	cr_expect_eq(spare_new(place.store, place.store, &spare), -ENOTDIR);
	cr_expect_not(spare_is_there(&spare));
	cr_expect_eq(spare.providers, -1);
}

Test(spare, of_what_waits_for_a_writer_is_none)
{
	PLACE place = place_new();
	struct spare spare = NO_SPARE;

	cr_assert_eq(mkfifo(place.store, 0600), 0);
	cr_expect_eq(spare_new(place.store, TEST_DATA "/conf/none", &spare), -EINVAL);
	cr_expect_not(spare_is_there(&spare));
}

Test(spare, has_a_bound)
{
	PLACE place = place_new();
	struct spare spare = NO_SPARE;

	file_write(place.store, "", 0);
	cr_assert_eq(truncate(place.store, 1 << 20), 0);
	cr_assert_eq(spare_new(place.store, TEST_DATA "/conf/none", &spare), 0);
	spare_done(&spare);
	cr_assert_eq(truncate(place.store, (1 << 20) + 1), 0);
	cr_expect_eq(spare_new(place.store, TEST_DATA "/conf/none", &spare), -EFBIG);
	cr_expect_not(spare_is_there(&spare));
}

Test(spare, is_told_from_another)
{
	static const struct {
		const char *text;
		const char *providers;
		bool same;
	} rows[] = {
		{"[store]\n", "/conf/fields", true},   {"[store]", "/conf/fields", false},
		{"[store]\n#", "/conf/fields", false}, {"", "/conf/fields", false},
		{"[store]\n", "/conf/none", false},    {"[store]\n", "/conf/providers-good", false},
	};
	const struct spare none = NO_SPARE;
	PLACE place = place_new();
	CLEANUP_SPARE struct spare spare = NO_SPARE;

	file_write(place.store, "[store]\n", 8);
	cr_assert_eq(spare_new(place.store, TEST_DATA "/conf/fields", &spare), 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		CLEANUP_SPARE struct spare other = NO_SPARE;
		char providers[PATH_MAX];

		snprintf(providers, sizeof providers, TEST_DATA "%s", rows[i].providers);
		file_write(place.store, rows[i].text, strlen(rows[i].text));
		cr_assert_eq(spare_new(place.store, providers, &other), 0);
		cr_expect_eq(spare_is_same(&spare, &other), rows[i].same, "%zu", i);
	}
	cr_expect_not(spare_is_same(&spare, &none));
}
