#include "fs/audit_filter.h"

#include <criterion/criterion.h>
#include <string.h>

static const char line[] =
	"{\"time\":\"2026-01-31T12:00:00.500000000Z\",\"host\":\"ci\",\"uid\":1001,"
	"\"user\":\"runner\",\"pid\":42,\"program\":\"cat\",\"operation\":\"read\","
	"\"path\":\"orgs/acme/openai/api_key\",\"result\":\"ok\",\"version\":3}\n";

Test(audit_filter, a_line_passes_when_all_that_is_asked_for_is_in_it)
{
	static const struct {
		struct audit_filter filter;
		int expected;
	} rows[] = {
		{{.user = NULL}, 1},
		{{.user = "runner"}, 1},
		{{.user = "1001"}, 1},
		{{.user = "root"}, 0},
		{{.user = "run"}, 0},
		{{.path = "*/api_key"}, 1},
		{{.path = "orgs/acme/*"}, 1},
		{{.path = "orgs/emca/*"}, 0},
		{{.operation = "read"}, 1},
		{{.operation = "save"}, 0},
		{{.result = "ok"}, 1},
		{{.result = "refused"}, 0},
		{{.result = "EACCES"}, 0},
		{{.since = "2026-01-31T12:00:00.000000000Z"}, 1},
		{{.since = "2026-01-31T12:00:00.500000000Z"}, 1},
		{{.since = "2026-01-31T12:00:00.500000001Z"}, 0},
		{{.user = "runner", .path = "*key", .operation = "read", .result = "ok"}, 1},
		{{.user = "runner", .operation = "save"}, 0},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		CLEANUP_AUDIT_PARTS struct audit_parts parts = {0};

		cr_expect_eq(audit_filter_take(&rows[i].filter, line, strlen(line), &parts),
			     rows[i].expected, "row %zu", i);
	}
}

Test(audit_filter, a_line_is_taken_apart_into_its_columns)
{
	static const char *const expected[AUDIT_MEMBERS] = {
		"2026-01-31T12:00:00.500000000Z", "runner", "42", "cat", "read",
		"orgs/acme/openai/api_key",	  "ok",	    "3"};
	static const char rename[] =
		"{\"time\":\"t\",\"uid\":7,\"operation\":\"rename\",\"path\":\"a\",\"to\":\"b\"}\n";
	const struct audit_filter all = {.user = NULL};
	CLEANUP_AUDIT_PARTS struct audit_parts parts = {0};
	CLEANUP_AUDIT_PARTS struct audit_parts other = {0};

	cr_assert_eq(audit_filter_take(&all, line, strlen(line), &parts), 1);
	for (size_t i = 0; i < AUDIT_MEMBERS; i++)
		cr_expect_str_eq(parts.list[i], expected[i]);
	cr_assert_eq(audit_filter_take(&all, rename, strlen(rename), &other), 1);
	cr_expect_str_eq(other.list[AUDIT_MEMBER_PATH], "a -> b");
	cr_expect_str_eq(other.list[AUDIT_MEMBER_USER], "7");
	cr_expect_null(other.list[AUDIT_MEMBER_PROGRAM]);
}

Test(audit_filter, a_new_name_is_a_path_as_well)
{
	static const char rename[] = "{\"time\":\"t\",\"path\":\"a/b\",\"to\":\"c/d\"}\n";
	const struct audit_filter filter = {.path = "c/*"};
	CLEANUP_AUDIT_PARTS struct audit_parts parts = {0};

	cr_assert_eq(audit_filter_take(&filter, rename, strlen(rename), &parts), 1);
}

Test(audit_filter, what_is_no_line_is_refused)
{
	static const char *const rows[] = {
		"", "\n", "{}\n", "{\"time\":3}\n", "[1]\n", "nonsense\n", "{\"time\":\"t\""};
	const struct audit_filter all = {.user = NULL};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		CLEANUP_AUDIT_PARTS struct audit_parts parts = {0};

		cr_expect_eq(audit_filter_take(&all, rows[i], strlen(rows[i]), &parts), -EBADMSG,
			     "row %zu", i);
	}
}

Test(audit_filter, times_are_dates_or_so_long_ago)
{
	static const struct {
		const char *text;
		const char *expected; /* NULL: no time */
	} rows[] = {
		{"2026-01-31", "2026-01-31T00:00:00.000000000Z"},
		{"2026-01-31T12:30", "2026-01-31T12:30:00.000000000Z"},
		{"2026-01-31T12:30:15Z", "2026-01-31T12:30:15.000000000Z"},
		{"30s", "2026-01-31T23:59:30.000000000Z"},
		{"10m", "2026-01-31T23:50:00.000000000Z"},
		{"2h", "2026-01-31T22:00:00.000000000Z"},
		{"31d", "2026-01-01T00:00:00.000000000Z"},
		{"999999d", "1970-01-01T00:00:00.000000000Z"},
		{"", NULL},
		{"yesterday", NULL},
		{"10", NULL},
		{"10x", NULL},
		{"-1h", NULL},
		{"2026-13-01", NULL},
		{"2026-01-31 12:30", NULL},
		{"99999999999999999999d", NULL},
	};
	const uint64_t now = UINT64_C(1769904000) * 1000000000u; /* the end of that day */

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char time[AUDIT_TIME_SIZE] = "";
		const int r = audit_filter_since(rows[i].text, now, time);

		cr_expect_eq(r, rows[i].expected ? 0 : -EINVAL, "%s", rows[i].text);
		if (rows[i].expected)
			cr_expect_str_eq(time, rows[i].expected, "%s: %s", rows[i].text, time);
	}
}
