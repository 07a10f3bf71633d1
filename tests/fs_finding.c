#include "fs/finding.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

/* What was told, a line each: kind path detail. */
struct told {
	char text[512];
	int end_with;
};

static int tell(void *context, const struct finding *finding)
{
	struct told *told = context;
	const size_t length = strlen(told->text);

	snprintf(told->text + length, sizeof told->text - length, "%s %s %s\n",
		 finding_name(finding->kind), finding->path, finding->detail);
	return told->end_with;
}

/* A row whose texts are literals: it is never freed. */
static struct inventory_row row_of(const char *account, const char *missing, const char *warnings,
				   const char *users)
{
	struct inventory_row row = {.managed = users != NULL};

	row.columns[COLUMN_MOUNT] = (char *)(uintptr_t) "/creds";
	row.columns[COLUMN_ACCOUNT] = (char *)(uintptr_t)account;
	row.columns[COLUMN_MISSING] = (char *)(uintptr_t)missing;
	row.columns[COLUMN_WARNINGS] = (char *)(uintptr_t)warnings;
	row.columns[COLUMN_USED_BY] = (char *)(uintptr_t)users;
	return row;
}

static void expect(struct inventory_row row, const char *text)
{
	const struct inventory inventory = {.rows = &row, .count = 1};
	struct told told = {.text = ""};

	cr_expect_eq(finding_each(&inventory, tell, &told), 0);
	cr_expect_str_eq(told.text, text);
}

Test(finding, an_account_that_is_complete_and_used_is_none)
{
	expect(row_of("acme/openai", "", "", "etl"), "");
}

Test(finding, what_is_missing_and_each_warning_is_one)
{
	expect(row_of("acme/aws", "key\nregion", "key: odd\nid: odd", "etl"),
	       "missing acme/aws key\nmissing acme/aws region\n"
	       "warning acme/aws key: odd\nwarning acme/aws id: odd\n");
}

Test(finding, an_account_that_nobody_uses_is_one_if_it_is_to_be_shared)
{
	expect(row_of("acme/openai", "", "", ""),
	       "unused acme/openai no project or connection has it\n");
	expect(row_of("acme/projects/etl/openai", "", "", ""), "");
	expect(row_of("acme/users/alice/warehouse", "", "", ""), "");
}

Test(finding, who_may_not_see_the_users_is_told_nothing_of_them)
{
	expect(row_of("acme/openai", "", NULL, NULL), "");
	expect(row_of("acme/openai", "api_key", NULL, NULL), "missing acme/openai api_key\n");
}

Test(finding, an_orphan_is_not_told_to_be_unused_besides)
{
	struct inventory_row row = row_of("acme/login", "", "", "");

	row.orphan = true;
	expect(row, "orphan acme/login no connection has it any more\n");
}

Test(finding, trouble_with_the_audit_log_is_one)
{
	struct inventory_row row = row_of("acme/openai", "", "", "etl");

	row.trouble = (char *)(uintptr_t) "cannot be written: full";
	expect(row, "audit acme/openai cannot be written: full\n");
}

Test(finding, a_link_is_one_when_it_leads_nowhere)
{
	struct inventory_link links[] = {
		{(char *)(uintptr_t) "/creds", (char *)(uintptr_t) "acme/projects/etl/a",
		 (char *)(uintptr_t) "../../a", false},
		{(char *)(uintptr_t) "/creds", (char *)(uintptr_t) "acme/projects/etl/b",
		 (char *)(uintptr_t) "../../.deleted/b", true},
	};
	const struct inventory inventory = {.links = links, .link_count = 2};
	struct told told = {.text = ""};

	cr_expect_eq(finding_each(&inventory, tell, &told), 0);
	cr_expect_str_eq(told.text, "broken-link acme/projects/etl/b leads to ../../.deleted/b, "
				    "which is not there\n");
}

Test(finding, the_telling_ends_when_it_is_told_to)
{
	struct inventory_row row = row_of("acme/aws", "key\nregion", "", "etl");
	const struct inventory inventory = {.rows = &row, .count = 1};
	struct told told = {.text = "", .end_with = 7};

	cr_expect_eq(finding_each(&inventory, tell, &told), 7);
	cr_expect_str_eq(told.text, "missing acme/aws key\n");
}
