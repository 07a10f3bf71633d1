#include <criterion/criterion.h>
#include <string.h>

#include "conf/principal.h"

static void expect_text(const struct principals *principals, const char *expected, const char *of)
{
	CLEANUP_FREE char *text = NULL;

	cr_assert_eq(principals_format(principals, &text), 0);
	cr_expect_str_eq(text, expected, "%s: %s", of, text);
}

Test(principal, lines_are_parsed_in_order_and_once)
{
	static const struct {
		const char *text;
		bool whole;
		const char *canonical;
	} rows[] = {
		{"", true, ""},
		{"", false, ""},
		{"\n \n\t\n", true, ""},
		{"user:alice\n", true, "user:alice\n"},
		{"user:alice", true, "user:alice\n"},
		{"user:alice", false, ""},
		{"user:alice\nuser:b", false, "user:alice\n"},
		{"user:alice\nnonsense", false, "user:alice\n"},
		{"group:ops\n\nuser:alice\ngroup:ops\nuser:ops\n", true,
		 "group:ops\nuser:alice\nuser:ops\n"},
		{"user:ab\nuser:a\n", true, "user:ab\nuser:a\n"},
		{"user:a\nuser:ab\n", true, "user:a\nuser:ab\n"},
		{"user:j.doe@example.org\ngroup:DOM\\admins\n", true,
		 "user:j.doe@example.org\ngroup:DOM\\admins\n"},
		{"user:gr\xc3\xbc\xc3\x9f\n", true, "user:gr\xc3\xbc\xc3\x9f\n"},
		{"user:-\nuser:#1\nuser:1000\n", true, "user:-\nuser:#1\nuser:1000\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CLEANUP_PRINCIPALS struct principals principals = {0};
		unsigned line = 99;

		cr_assert_eq(principals_parse(rows[i].text, strlen(rows[i].text), rows[i].whole,
					      &principals, &line),
			     0, "%s", rows[i].text);
		expect_text(&principals, rows[i].canonical, rows[i].text);
		cr_expect_eq(line, 99);
	}
}

Test(principal, any_other_line_is_refused_with_its_number)
{
	static const struct {
		const char *text;
		size_t size;
		unsigned line;
	} rows[] = {
#define ROW(text, line) {text, sizeof(text) - 1, line}
		ROW("alice\n", 1),
		ROW("user:alice\nalice\n", 2),
		ROW("user:alice\n\n\nbob\nuser:carol", 4),
		ROW("user:\n", 1),
		ROW("group:\n", 1),
		ROW("User:alice\n", 1),
		ROW("role:alice\n", 1),
		ROW(" user:alice\n", 1),
		ROW("user: alice\n", 1),
		ROW("user:alice \n", 1),
		ROW("user:alice\r\n", 1),
		ROW("\r\n", 1),
		ROW("user:al ice\n", 1),
		ROW("user:al\xc2\xa0ice\n", 1),
		ROW("user:al\tice\n", 1),
		ROW("user:al\0ice\n", 1),
		ROW("user:al\x7fice\n", 1),
		ROW("user:al\xc2\x85ice\n", 1),
		ROW("user:al:ice\n", 1),
		ROW("user:al/ice\n", 1),
		ROW("user:alice,user:bob\n", 1),
		ROW("user:\xff\n", 1),
		ROW("user:\xc3\n", 1),
		ROW("# comment\n", 1),
#undef ROW
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int whole = 0; whole < 2; whole++) {
			struct principals principals = {0};
			unsigned line = 0;

			cr_expect_eq(principals_parse(rows[i].text, rows[i].size, whole,
						      &principals, &line),
				     -EINVAL, "%s", rows[i].text);
			cr_expect_eq(line, rows[i].line, "%s: %u", rows[i].text, line);
			cr_expect_null(principals.list);
			cr_expect_eq(principals_parse(rows[i].text, rows[i].size, whole,
						      &principals, NULL),
				     -EINVAL);
		}
	}
}

Test(principal, an_unfinished_last_line_is_judged_when_it_is_the_last)
{
	struct principals principals = {0};
	unsigned line = 0;

	cr_expect_eq(principals_parse("user:a\nuse", 10, true, &principals, &line), -EINVAL);
	cr_expect_eq(line, 2);
}

Test(principal, names_and_lists_have_a_limit)
{
	static char text[PRINCIPALS_TEXT_MAX + 1];
	CLEANUP_PRINCIPALS struct principals principals = {0};

	memset(text, 'a', sizeof(text));
	memcpy(text, "user:", 5);
	cr_expect_eq(principals_parse(text, 5 + 255, true, &principals, NULL), 0);
	principals_done(&principals);
	cr_expect_eq(principals_parse(text, 5 + 256, true, &principals, NULL), -EINVAL);
	memset(text, '\n', sizeof(text));
	cr_expect_eq(principals_parse(text, PRINCIPALS_TEXT_MAX, true, &principals, NULL), 0);
	cr_expect_eq(principals_parse(text, PRINCIPALS_TEXT_MAX + 1, true, &principals, NULL),
		     -EFBIG);
}

Test(principal, a_setting_is_one_line)
{
	static const struct {
		const char *text;
		int result;
		const char *canonical;
	} rows[] = {
		{"user:root", 0, "user:root\n"},
		{"user:root, group:ops", 0, "user:root\ngroup:ops\n"},
		{"user:root group:ops\tuser:b,user:root", 0, "user:root\ngroup:ops\nuser:b\n"},
		{" ,, ", 0, ""},
		{"", 0, ""},
		{"root", -EINVAL, NULL},
		{"user:root, ops", -EINVAL, NULL},
		{"user: root", -EINVAL, NULL},
		{"user:root\n", -EINVAL, NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CLEANUP_PRINCIPALS struct principals principals = {0};

		cr_expect_eq(principals_parse_setting(rows[i].text, &principals), rows[i].result,
			     "%s", rows[i].text);
		if (rows[i].canonical)
			expect_text(&principals, rows[i].canonical, rows[i].text);
	}
}
