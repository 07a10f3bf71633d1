#include "fs/inventory_row.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
	enum inventory_kind kind;
	const char *info, *status;
	const char *provider, *state, *used_by;
} rows[] = {
	{INVENTORY_ACCOUNT, "provider: openai\ncreated: 2026-01-02\nupdated: 2026-01-03\n", NULL,
	 "openai", "complete", NULL},
	{INVENTORY_ACCOUNT, "provider: aws\nmissing: key secret\n", "", "aws", "missing key secret",
	 ""},
	{INVENTORY_ACCOUNT, "provider: aws\n", "warning: one\nwarning: two\nused-by: etl\n", "aws",
	 "complete, 2 warnings", "etl"},
	{INVENTORY_ACCOUNT, "provider: aws\nmissing: key\n", "warning: one\n", "aws",
	 "missing key, 1 warning", ""},
	{INVENTORY_CONNECTION, "provider: none\ntype: postgresql\n", "used-by: etl\nused-by: bi\n",
	 "postgresql", "complete", "etl\nbi"},
};

static void expect(const char *found, const char *expected, size_t i)
{
	cr_expect_eq(!found, !expected, "row %zu: %s", i, found);
	if (found && expected)
		cr_expect_str_eq(found, expected, "row %zu", i);
}

Test(inventory_row, says_what_the_two_files_say)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		CLEANUP(inventory_row_done) struct inventory_row row = {.kind = rows[i].kind};

		cr_assert_eq(inventory_row_take(&row, rows[i].info, rows[i].status), 0);
		expect(row.columns[COLUMN_PROVIDER], rows[i].provider, i);
		expect(row.columns[COLUMN_STATE], rows[i].state, i);
		expect(row.columns[COLUMN_USED_BY], rows[i].used_by, i);
		cr_expect_eq(row.managed, rows[i].status != NULL);
		cr_expect_not(row.orphan);
	}
}

Test(inventory_row, an_orphan_and_a_log_in_trouble_are_told)
{
	CLEANUP(inventory_row_done) struct inventory_row row = {0};

	cr_assert_eq(inventory_row_take(&row, "provider: login\n",
					"orphan: since 2026-01-02\naudit: not written\n"),
		     0);
	cr_expect(row.orphan);
	cr_expect_str_eq(row.trouble, "not written");
}
