#include "fs/surroundings.h"

#include <sys/stat.h>

#include "tests/place.h"

/* An account whose provider says so; NULL: it cannot be read. */
static void account(const struct place *place, const char *name, const char *provider)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", place->directory, name);
	cr_assert_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/%s/provider", place->directory, name);
	if (provider)
		file_write(path, provider, strlen(provider));
	else
		cr_assert_eq(mkdir(path, 0700), 0);
}

static struct catalogue *builtin(void)
{
	struct catalogue *catalogue = NULL;
	struct conf_error error;

	cr_assert_eq(catalogue_load(NULL, &catalogue, &error), 0);
	return catalogue;
}

Test(surroundings, lose_what_is_of_the_providers_that_are_there)
{
	static const char *const gone[] = {"OPENAI_API_KEY", "OPENAI_BASE_URL", "PGHOSTADDR"};
	static const char *const left[] = {"ANTHROPIC_API_KEY", "HOME"};
	CLEANUP(catalogue_freep) struct catalogue *catalogue = builtin();
	PLACE place = place_new();

	account(&place, "openai", "openai");
	account(&place, "warehouse", "postgresql");
	account(&place, "of-a-later-version", "nobody-s");
	file_write(place.store, "a file", 6);
	for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++)
		setenv(gone[i], "theirs", 1);
	for (size_t i = 0; i < sizeof left / sizeof left[0]; i++)
		setenv(left[i], "theirs", 1);
	cr_expect_eq(surroundings_clear(place.directory, catalogue), 0);
	for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++)
		cr_expect_null(getenv(gone[i]), "%s", gone[i]);
	for (size_t i = 0; i < sizeof left / sizeof left[0]; i++)
		cr_expect_not_null(getenv(left[i]), "%s", left[i]);
}

Test(surroundings, of_what_cannot_be_told_are_an_error)
{
	CLEANUP(catalogue_freep) struct catalogue *catalogue = builtin();
	PLACE place = place_new();

	account(&place, "openai", NULL);
	cr_expect_eq(surroundings_clear(place.directory, catalogue), -EIO);
}

Test(surroundings, are_not_what_the_project_lies_in)
{
	CLEANUP(catalogue_freep) struct catalogue *catalogue = builtin();
	PLACE place = place_new();
	char project[128];

	account(&place, "etl", "openai");
	account(&place, "provider", "nothing of ours");
	snprintf(project, sizeof project, "%s/etl", place.directory);
	setenv("OPENAI_API_KEY", "theirs", 1);
	cr_expect_eq(surroundings_clear(project, catalogue), 0);
	cr_expect_null(getenv("OPENAI_API_KEY"));
}
