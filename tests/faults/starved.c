/*
 * Memory runs out at every single allocation, one, a few or all of those that follow, in what reads
 * the configuration and in what prints: it is said so, or the result is whole; nothing is freed
 * twice, which the C library notices.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "conf/printer.h"
#include "conf/provider.h"
#include "conf/settings.h"
#include "conf/url.h"
#include "tests/faults/memory.h"

/* What is tried: 0 and its result as text, or an error. */
typedef int attempt_fn(char **ret);

static int run(attempt_fn *attempt, struct fault_memory *faults, char **ret)
{
	int r;

	fault_memory = faults;
	r = attempt(ret);
	fault_memory = NULL;
	return r;
}

/* Whatever fails, the text is `expected` or there is none. */
static void starve(attempt_fn *attempt, const char *expected, uint32_t count, uint32_t width)
{
	for (uint32_t at = 1; at <= count; at++) {
		struct fault_memory faults = {.at = at, .width = width};
		CLEANUP_FREE char *text = NULL;
		int r = run(attempt, &faults, &text);

		cr_expect(faults.fired, "allocation %u of %u", at, count);
		cr_expect(r == 0 || r == -ENOMEM, "allocation %u, %u fail: %d", at, width, r);
		if (r == 0)
			cr_expect_str_eq(text, expected, "allocation %u, %u fail", at, width);
		else
			cr_expect_null(text);
	}
}

static void starve_at_each(attempt_fn *attempt)
{
	struct fault_memory none = {.at = 0};
	CLEANUP_FREE char *expected = NULL;

	cr_assert_eq(run(attempt, &none, &expected), 0);
	cr_assert_gt(none.count, 0);
	starve(attempt, expected, none.count, 1);
	starve(attempt, expected, none.count, 3);
	starve(attempt, expected, none.count, UINT32_MAX);
}

/* Of an array of texts one; the others are freed. */
static int describe_all(const struct catalogue *catalogue, struct printer *printer)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < catalogue_count(catalogue); i++) {
		CLEANUP_FREE char *text = NULL;

		r = provider_describe(catalogue_get(catalogue, i), &text);
		if (r == 0)
			fputs(text, printer->file);
	}
	return r;
}

static int attempt_catalogue(char **ret)
{
	CLEANUP(catalogue_freep) struct catalogue *catalogue = NULL;
	CLEANUP_PRINTER struct printer printer = {0};
	struct conf_error error;
	int r = catalogue_load(NULL, &catalogue, &error);

	if (r == 0)
		r = printer_begin(&printer);
	if (r == 0)
		r = describe_all(catalogue, &printer);
	return r < 0 ? r : printer_end(&printer, ret, NULL);
}

Test(starved, the_catalogue_is_whole_or_not_loaded, .timeout = 100)
{
	starve_at_each(attempt_catalogue);
}

#define PATH "/tmp/credfs-starved-settings"
static const char settings_text[] = "[store]\nadmins = user:root, group:ops\n"
				    "[scratch]\npatterns = *~ .* *.tmp\n"
				    "[role deployer]\nscope = project\npermissions = use\n";

static int attempt_settings(char **ret)
{
	CLEANUP(settings_freep) struct settings *settings = NULL;
	struct conf_error error;
	int r = settings_load(PATH, &settings, &error);

	if (r < 0)
		return r;
	return asprintf(ret, "%s %s %s %zu %zu", settings->store_pins, settings->scratch[2],
			settings->admins.list[1].name, settings->admins.count,
			settings->roles.count) < 0
		       ? -ENOMEM
		       : 0;
}

static void remove_settings(void)
{
	remove(PATH);
}

Test(starved, the_settings_are_whole_or_not_loaded, .fini = remove_settings)
{
	FILE *file = fopen(PATH, "we");

	cr_assert_not_null(file);
	fputs(settings_text, file);
	cr_assert_eq(fclose(file), 0);
	starve_at_each(attempt_settings);
}

/* What glibc's own stream into memory loses: the last lines, or all of them. */
static int attempt_principals(char **ret)
{
	static char name[] = "a-name";
	struct principal list[600];
	const struct principals principals = {.list = list, .count = 600};

	for (size_t i = 0; i < 600; i++)
		list[i] = (struct principal){.group = i % 2, .name = name};
	return principals_format(&principals, ret);
}

Test(starved, a_list_of_principals_is_whole_or_none)
{
	starve_at_each(attempt_principals);
}

static int attempt_url(char **ret)
{
	static const char text[] = "https://user@host.example:8080/path";
	int r = url_check((const uint8_t *)text, strlen(text));

	if (r < 0)
		return r;
	*ret = strdup("it is one");
	return *ret ? 0 : -ENOMEM;
}

Test(starved, a_url_is_one_or_cannot_be_told)
{
	starve_at_each(attempt_url);
}
