#include "fs/audit_reader.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

/* Each test is a process of its own, and has a file of its own. */
static const char *log_path(void)
{
	static char path[64];

	snprintf(path, sizeof path, "/var/tmp/credfs-reader-%d", (int)getpid());
	return path;
}

/* The line of a second. */
static size_t line_of(unsigned second, char ret[128])
{
	return (size_t)snprintf(ret, 128,
				"{\"time\":\"2026-01-31T00:%02u:%02u.000000000Z\",\"uid\":%u}\n",
				second / 60, second % 60, second);
}

static void write_lines(int flags, unsigned from, unsigned count)
{
	CLEANUP_CLOSE int fd = open(log_path(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);

	for (unsigned i = from; i < from + count; i++) {
		char line[128];
		const size_t size = line_of(i, line);

		cr_assert_eq(write(fd, line, size), (ssize_t)size);
	}
}

static void expect(struct audit_reader *reader, unsigned from, unsigned count)
{
	const char *line = NULL;
	size_t size = 0;

	for (unsigned i = from; i < from + count; i++) {
		char expected[128];
		const size_t length = line_of(i, expected);

		cr_assert_eq(audit_reader_next(reader, &line, &size), 1, "line %u", i);
		cr_assert_eq(size, length);
		cr_assert_arr_eq(line, expected, length);
	}
	cr_assert_eq(audit_reader_next(reader, &line, &size), 0);
}

Test(audit_reader, gives_each_line_once_also_those_that_come_later)
{
	CLEANUP(audit_reader_closep) struct audit_reader *reader = NULL;

	write_lines(O_TRUNC, 0, 3000);
	cr_assert_eq(audit_reader_open(log_path(), &reader), 0);
	expect(reader, 0, 3000);
	expect(reader, 0, 0);
	write_lines(O_APPEND, 3000, 5);
	expect(reader, 3000, 5);
	unlink(log_path());
}

Test(audit_reader, waits_for_the_end_of_a_line)
{
	CLEANUP(audit_reader_closep) struct audit_reader *reader = NULL;
	char line[128];
	const size_t size = line_of(1, line);
	CLEANUP_CLOSE int fd = -1;

	write_lines(O_TRUNC, 0, 1);
	fd = open(log_path(), O_WRONLY | O_APPEND | O_CLOEXEC);
	cr_assert_eq(write(fd, line, 20), 20);
	cr_assert_eq(audit_reader_open(log_path(), &reader), 0);
	expect(reader, 0, 1);
	cr_assert_eq(write(fd, line + 20, size - 20), (ssize_t)(size - 20));
	expect(reader, 1, 1);
	unlink(log_path());
}

Test(audit_reader, goes_on_when_the_file_begins_later)
{
	CLEANUP(audit_reader_closep) struct audit_reader *reader = NULL;

	write_lines(O_TRUNC, 0, 1000);
	cr_assert_eq(audit_reader_open(log_path(), &reader), 0);
	expect(reader, 0, 1000);
	/* The first 900 are gone, ten more have come. */
	write_lines(O_TRUNC, 900, 110);
	expect(reader, 1000, 10);
	/* Shorter by less than what has come: only the place is another. */
	write_lines(O_TRUNC, 903, 300);
	expect(reader, 1010, 193);
	unlink(log_path());
}

Test(audit_reader, passes_over_blank_lines)
{
	CLEANUP(audit_reader_closep) struct audit_reader *reader = NULL;
	CLEANUP_CLOSE int fd = -1;

	write_lines(O_TRUNC, 0, 2);
	fd = open(log_path(), O_WRONLY | O_APPEND | O_CLOEXEC);
	cr_assert_eq(write(fd, "      \n", 7), 7);
	write_lines(O_APPEND, 2, 2);
	cr_assert_eq(audit_reader_open(log_path(), &reader), 0);
	expect(reader, 0, 4);
	unlink(log_path());
}

Test(audit_reader, says_what_is_wrong_with_the_file)
{
	CLEANUP(audit_reader_closep) struct audit_reader *reader = NULL;

	cr_assert_eq(audit_reader_open("/var/tmp/credfs-no-such-log", &reader), -ENOENT);
}
