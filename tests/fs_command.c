#include "fs/command.h"

#include <criterion/criterion.h>

#include "tests/place.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* What is said on stderr meanwhile. */
struct said {
	FILE *stderr_before;
	char *text;
	size_t size;
};

static void said_begin(struct said *said)
{
	said->stderr_before = stderr;
	stderr = open_memstream(&said->text, &said->size);
	cr_assert_not_null(stderr);
}

/* `behind`: what follows the name of the program and that of the file; NULL: nothing at all. */
static void said_end(struct said *said, const char *path, const char *behind)
{
	char expected[512] = "";

	fclose(stderr);
	stderr = said->stderr_before;
	if (behind)
		snprintf(expected, sizeof expected, "credfs: %s%s", path, behind);
	cr_expect_str_eq(said->text, expected, "\"%s\"", said->text);
	free(said->text);
}

Test(command, a_failure_is_one_line_on_stderr_and_its_code)
{
	struct said said;

	said_begin(&said);
	cr_expect_eq(command_fail(EXIT_NO_STORE, "%s: %s", "store.db", "missing"), EXIT_NO_STORE);
	said_end(&said, "store.db", ": missing\n");
}

static const struct {
	const char *text; /* NULL: there is no such file */
	enum exit_code expected;
	const char *said;
} files[] = {
	{"", EXIT_DONE, NULL},
	{"[history]\nkeep = 3\n", EXIT_DONE, NULL},
	{"[history]\nkeeps = 3\n", EXIT_CONFIGURATION,
	 ":2: no such key in section history: keeps\n"},
	{"[stores]\n", EXIT_CONFIGURATION, ":1: no such section: stores\n"},
	{NULL, EXIT_CONFIGURATION, ": cannot be read: No such file or directory\n"},
};

static void try_settings(size_t i, const char *path)
{
	CLEANUP(settings_freep) struct settings *settings = NULL;
	struct said said;

	said_begin(&said);
	cr_expect_eq(command_settings(path, &settings), files[i].expected, "%zu", i);
	said_end(&said, path, files[i].said);
	cr_expect_eq(settings == NULL, files[i].expected != EXIT_DONE, "%zu", i);
}

static void try_named_settings(size_t i, const char *path)
{
	struct said said;

	said_begin(&said);
	cr_expect_eq(command_named_settings(path), files[i].expected, "%zu", i);
	said_end(&said, path, files[i].said);
}

Test(command, a_configuration_that_is_wrong_is_named_with_its_line)
{
	for (size_t i = 0; i < COUNT(files); i++) {
		PLACE place = place_new();

		if (files[i].text)
			file_write(place.store, files[i].text, strlen(files[i].text));
		try_settings(i, place.store);
		try_named_settings(i, place.store);
	}
}

Test(command, no_configuration_need_be_named)
{
	struct said said;

	said_begin(&said);
	cr_expect_eq(command_named_settings(NULL), EXIT_DONE);
	said_end(&said, "", NULL);
}

static error_t run_out_of_memory(int key, char *argument, struct argp_state *state)
{
	(void)argument, (void)state;
	return key == ARGP_KEY_END ? ENOMEM : ARGP_ERR_UNKNOWN;
}

Test(command, what_cannot_be_parsed_is_told_and_no_success)
{
	const struct argp argp = {.parser = run_out_of_memory};
	char name[] = "credfs", *arguments[] = {name, NULL};
	struct said said;

	said_begin(&said);
	cr_expect_eq(command_parse(&argp, 0, 1, arguments, NULL), EXIT_OTHER);
	said_end(&said, "", "cannot read the arguments: Cannot allocate memory\n");
}

static error_t take_one(int key, char *argument, struct argp_state *state)
{
	return command_argument(key, argument, state, state->input);
}

Test(command, one_argument_is_put_where_it_belongs)
{
	const struct argp argp = {.parser = take_one};
	char name[] = "credfs", directory[] = "/creds", *arguments[] = {name, directory, NULL};
	const char *taken = NULL;

	cr_assert_eq(command_parse(&argp, 0, 2, arguments, &taken), EXIT_DONE);
	cr_expect_eq(taken, directory);
}

static error_t take_one_or_none(int key, char *argument, struct argp_state *state)
{
	return command_argument_optional(key, argument, state, state->input);
}

Test(command, an_argument_that_need_not_be_there_is_left_alone)
{
	const struct argp argp = {.parser = take_one_or_none};
	char name[] = "credfs", *arguments[] = {name, NULL};
	const char *taken = name;

	cr_assert_eq(command_parse(&argp, 0, 1, arguments, &taken), EXIT_DONE);
	cr_expect_eq(taken, name);
}
