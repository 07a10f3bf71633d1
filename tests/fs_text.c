#include "fs/text.h"

#include <criterion/criterion.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct secret_pool *new_pool(size_t limit)
{
	struct secret_pool *pool = NULL;

	cr_assert_eq(secret_pool_new(limit, &pool), 0);
	return pool;
}

Test(text, is_what_was_written)
{
	CLEANUP(secret_pool_freep) struct secret_pool *pool = new_pool(1 << 20);
	CLEANUP_SECRET struct secret *secret = NULL;
	CLEANUP_PRINTER struct printer text = {0};

	cr_assert_eq(printer_begin(&text), 0);
	fprintf(text.file, "name: %s\n", "openai");
	fputs("version: 1\n", text.file);
	cr_assert_eq(text_end(&text, pool, &secret), 0);
	cr_assert_eq(secret_size(secret), strlen("name: openai\nversion: 1\n"));
	cr_expect_eq(memcmp(secret_view(secret), "name: openai\nversion: 1\n", secret_size(secret)),
		     0);
	cr_expect_null(text.file, "it is closed");
}

Test(text, may_be_empty)
{
	CLEANUP(secret_pool_freep) struct secret_pool *pool = new_pool(1 << 20);
	CLEANUP_SECRET struct secret *secret = NULL;
	CLEANUP_PRINTER struct printer text = {0};

	cr_assert_eq(printer_begin(&text), 0);
	cr_assert_eq(text_end(&text, pool, &secret), 0);
	cr_expect_eq(secret_size(secret), 0);
}

Test(text, that_is_given_up_leaves_nothing)
{
	struct printer text = {0};

	printer_done(&text);
	cr_assert_eq(printer_begin(&text), 0);
	fputs("half a line", text.file);
	printer_done(&text);
	cr_expect_null(text.file);
	cr_expect_null(text.bytes);
	printer_done(&text);
}

Test(text, needs_memory_that_can_be_locked)
{
	CLEANUP(secret_pool_freep) struct secret_pool *pool = new_pool(256 << 10);
	CLEANUP_SECRET struct secret *secret = NULL;
	CLEANUP_PRINTER struct printer text = {0};

	cr_assert_eq(printer_begin(&text), 0);
	for (size_t i = 0; i < 300 << 10; i++)
		fputc('x', text.file);
	cr_expect_eq(text_end(&text, pool, &secret), -ENOMEM);
	cr_expect_null(secret);
}

static const struct {
	uint64_t time;
	const char *expected;
} times[] = {
	{0, "1970-01-01T00:00:00Z"},
	{999999999, "1970-01-01T00:00:00Z"},
	{UINT64_C(1000000000), "1970-01-01T00:00:01Z"},
	{UINT64_C(951782399999999999), "2000-02-28T23:59:59Z"},
	{UINT64_C(951782400000000000), "2000-02-29T00:00:00Z"},
	{UINT64_C(1769903999000000000), "2026-01-31T23:59:59Z"},
	{UINT64_C(2147483648000000000), "2038-01-19T03:14:08Z"},
	{UINT64_MAX, "2554-07-21T23:34:33Z"},
};

Test(text, a_time_is_printed_in_utc_whatever_the_host_keeps)
{
	setenv("TZ", "Asia/Kathmandu", 1);
	for (size_t i = 0; i < COUNT(times); i++) {
		CLEANUP_PRINTER struct printer text = {0};
		CLEANUP_FREE char *printed = NULL;

		cr_assert_eq(printer_begin(&text), 0);
		text_time(text.file, times[i].time);
		cr_assert_eq(printer_end(&text, &printed, NULL), 0);
		cr_expect_str_eq(printed, times[i].expected, "%zu: %s", i, printed);
	}
}
