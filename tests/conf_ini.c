#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

#include "conf/ini.h"

#define X10 "xxxxxxxxxx"

/* Writes `[section]` and `section.key=value;` behind each other. */
static int note(void *context, const char *section, const char *key, const char *value,
		struct conf_error *error)
{
	char *text = context;
	size_t used = strlen(text);

	(void)error;
	if (key)
		snprintf(text + used, 8192 - used, "%s.%s=%s;", section, key, value);
	else
		snprintf(text + used, 8192 - used, "[%s]", section);
	return 0;
}

Test(ini, sections_and_pairs_come_in_order)
{
	char text[8192] = "";
	char expected[8192];
	struct conf_error error;
	int r = ini_read_file(TEST_DATA "/conf/ini-good.conf", note, text, &error);
	size_t used;

	cr_assert_eq(r, 0, "%u: %s", error.line, error.text);
	used = snprintf(expected, sizeof(expected),
			"[first]first.key=value;first.spaced=a b  c;first.inline=a ; b # c;"
			"first.equals=a = b;first.colon=a:b;first.empty=;first.hash=#;[empty]"
			"[last/one two]last/one two.key=");
	memset(expected + used, 'x', 2041);
	snprintf(expected + used + 2041, sizeof(expected) - used - 2041,
		 ";last/one two.unfinished=yes;");
	cr_expect_str_eq(text, expected);
}

Test(ini, every_fault_has_its_line)
{
	static const struct {
		const char *file;
		unsigned line;
		const char *text;
	} rows[] = {
		{"before-section", 2, "the line stands before any [section]"},
		{"blank-section", 1, "the section's name is empty or surrounded by blanks"},
		{"bom", 1, "the file begins with a byte order mark"},
		{"carriage-return", 2, "the line has a control character"},
		{"colon", 2, "the line is neither [section] nor key = value"},
		{"colon-before-equals", 2, "the line is neither [section] nor key = value"},
		{"continued", 3, "the line begins with a blank; a value is one line"},
		{"continued-tab", 3, "the line begins with a blank; a value is one line"},
		{"control", 2, "the line has a control character"},
		{"empty-section", 1, "the section's name is empty or surrounded by blanks"},
		{"key-missing", 2, "the line has no key before its ="},
		{"key-twice", 4, "key key is given twice"},
		{"latin1", 2, "the line is not UTF-8"},
		{"long-line", 2, "the line is longer than 2047 bytes"},
		{"long-section", 3, "the section's name is longer than 49 bytes"},
		{"no-equals", 3, "the line is neither [section] nor key = value"},
		{"nul", 2, "the line has a control character"},
		{"section-brackets", 1, "there is text after the section's closing bracket"},
		{"section-in-blanks", 1, "the section's name is empty or surrounded by blanks"},
		{"section-text", 1, "there is text after the section's closing bracket"},
		{"section-twice", 4, "section a is given twice"},
		{"unclosed-section", 3, "the section has no closing bracket"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[8192] = "", path[512];
		struct conf_error error = {.line = 99};
		int r;

		snprintf(path, sizeof(path), TEST_DATA "/conf/ini/%s.conf", rows[i].file);
		r = ini_read_file(path, note, text, &error);
		cr_expect_eq(r, -EINVAL, "%s: %d", rows[i].file, r);
		cr_expect_eq(error.line, rows[i].line, "%s: %u", rows[i].file, error.line);
		cr_expect_str_eq(error.text, rows[i].text, "%s: %s", rows[i].file, error.text);
		cr_expect_eq(strncmp(error.file, path, sizeof(error.file) - 1), 0);
	}
}

/* Refuses one key, and one section. */
static int refuse(void *context, const char *section, const char *key, const char *value,
		  struct conf_error *error)
{
	(void)context;
	(void)value;
	if (key && strcmp(key, "bad") == 0) {
		conf_error_text(error, "refused in line %u of %s", error->line, error->file);
		return -EINVAL;
	}
	if (strcmp(section, "memory") == 0)
		return -ENOMEM;
	return strcmp(section, "silent") == 0 ? -EINVAL : 0;
}

Test(ini, the_callback_ends_the_reading_and_says_why)
{
	static const struct {
		const char *text;
		int result;
		unsigned line;
		const char *reason;
	} rows[] = {
		{"[a]\ngood = 1\n\nbad = 2\nbad = 3\n[b\n", -EINVAL, 4,
		 "refused in line 4 of name"},
		{"[a]\n[silent]\n", -EINVAL, 2, "malformed"},
		{"\n[memory]\nbad = 1\n", -ENOMEM, 2, "no memory"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf_error error;
		int r = ini_read_text("name", rows[i].text, strlen(rows[i].text), refuse, NULL,
				      &error);

		cr_expect_eq(r, rows[i].result);
		cr_expect_eq(error.line, rows[i].line);
		cr_expect_str_eq(error.text, rows[i].reason);
		cr_expect_str_eq(error.file, "name");
	}
}

Test(ini, only_the_bytes_given_are_read)
{
	char text[8192] = "";
	struct conf_error error;

	cr_expect_eq(ini_read_text("name", "[a]\nb = c\n[d", 10, note, text, &error), 0);
	cr_expect_str_eq(text, "[a]a.b=c;");
	cr_expect_eq(ini_read_text("name", "", 0, note, text, &error), 0);
	cr_expect_str_eq(text, "[a]a.b=c;");
}

Test(ini, a_file_that_cannot_be_read_is_an_error_without_a_line)
{
	static const struct {
		const char *path;
		int result;
		const char *text;
	} rows[] = {
		{TEST_DATA "/conf/none", -ENOENT, "cannot be read: No such file or directory"},
		{TEST_DATA "/conf", -EISDIR, "cannot be read: Is a directory"},
		{TEST_DATA "/conf/ini-good.conf/x", -ENOTDIR, "cannot be read: Not a directory"},
		{"/dev/zero", -EFBIG, "cannot be read: File too large"},
	};
	char text[8192] = "";

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf_error error = {.line = 99};
		int r = ini_read_file(rows[i].path, note, text, &error);

		cr_expect_eq(r, rows[i].result, "%s: %d", rows[i].path, r);
		cr_expect_eq(error.line, 0);
		cr_expect_str_eq(error.text, rows[i].text);
	}
	cr_expect_str_eq(text, "");
}

Test(ini, nothing_is_a_file_without_settings)
{
	char text[8192] = "";
	struct conf_error error;

	cr_expect_eq(ini_read_file("/dev/null", note, text, &error), 0);
	cr_expect_str_eq(text, "");
}

/* 1 MiB is read, one byte more is not. */
Test(ini, a_file_is_at_most_1_mib)
{
	char path[] = "/tmp/credfs-ini-XXXXXX";
	char text[8192] = "";
	struct conf_error error;
	CLEANUP_CLOSE int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	for (int i = 0; i < 1 << 14; i++)
		cr_assert_eq(write(fd, "# " X10 X10 X10 X10 X10 X10 "x\n", 64), 64);
	cr_expect_eq(ini_read_file(path, note, text, &error), 0);
	cr_assert_eq(write(fd, "#", 1), 1);
	cr_expect_eq(ini_read_file(path, note, text, &error), -EFBIG);
	unlink(path);
}
