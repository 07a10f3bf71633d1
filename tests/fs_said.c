#include "fs/said.h"

#include <criterion/criterion.h>

#include "store/cleanup.h"

static const char status[] = "warning: api_key: a: b\nused-by: etl\nwarning: second\n"
			     "used-by: the web: 2\nwarnings: other\nused-by";

Test(said, gives_the_values_of_a_key_one_a_line)
{
	static const struct {
		const char *key, *values;
	} rows[] = {
		{"warning", "api_key: a: b\nsecond"},
		{"used-by", "etl\nthe web: 2"},
		{"warnings", "other"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		CLEANUP_FREE char *values = said_values(status, rows[i].key);

		cr_assert_not_null(values);
		cr_expect_str_eq(values, rows[i].values);
	}
}

Test(said, gives_nothing_for_what_is_not_said)
{
	cr_expect_null(said_values(status, "warn"));
	cr_expect_null(said_values(status, "etl"));
	cr_expect_null(said_values("", "warning"));
}

Test(said, counts_lines)
{
	cr_expect_eq(said_count(NULL), 0);
	cr_expect_eq(said_count(""), 0);
	cr_expect_eq(said_count("one"), 1);
	cr_expect_eq(said_count("one\n"), 1);
	cr_expect_eq(said_count("one\ntwo"), 2);
}
