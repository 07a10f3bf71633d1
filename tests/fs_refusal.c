#include "fs/refusal.h"

#include <criterion/criterion.h>
#include <fcntl.h>

#include "tests/acme.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Removing or, with another name, renaming; or making when the file is not there. */
static const struct {
	enum acme_role role;
	const char *path;
	const char *to;
	int expected;
	const char *line;
} edits[] = {
	{ACME_ADMIN, OPENAI "/nonsense", NULL, -EINVAL,
	 "last-error: not created: the provider does not know this field (nonsense, by bin)\n"},
	{ACME_MEMBER, OPENAI "/organization", NULL, -EACCES,
	 "last-error: not created: not permitted (organization, by sys)\n"},
	{ACME_ADMIN, OPENAI "/two\nlines", NULL, -EINVAL,
	 "last-error: not created: the provider does not know this field (?, by bin)\n"},
	{ACME_MEMBER, KEY, NULL, -EACCES,
	 "last-error: not removed: not permitted (api_key, by sys)\n"},
	{ACME_ADMIN, OPENAI "/.info", NULL, -EPERM,
	 "last-error: not removed: it goes with the account (.info, by bin)\n"},
	{ACME_MEMBER, OPENAI "/api_base", OPENAI "/api_key", -EACCES,
	 "last-error: not renamed: not permitted (api_key, by sys)\n"},
	{ACME_ADMIN, OPENAI "/provider", OPENAI "/api_key", -EPERM,
	 "last-error: not renamed: it is no field, or the new name is none (api_key, by bin)\n"},
	{ACME_ADMIN, OPENAI "/api_base", OPENAI "/nonsense", -EINVAL,
	 "last-error: not created: the provider does not know this field (nonsense, by bin)\n"},
};

static int attempt(struct fixture *fixture, size_t i, const struct caller *caller)
{
	struct node node;

	if (edits[i].to)
		return fixture_rename(fixture, edits[i].path, edits[i].to, caller);
	if (fixture_find(fixture, edits[i].path, &node) == 0)
		return fixture_remove(fixture, edits[i].path, caller);
	return fixture_save(fixture, edits[i].path, "x\n", caller).open;
}

Test(refusal, of_a_name_is_told_in_the_status)
{
	for (size_t i = 0; i < COUNT(edits); i++) {
		CLEANUP_FIXTURE struct fixture fixture;
		const struct caller caller = acme_holder(edits[i].role);

		acme_init(&fixture, "");
		cr_expect_eq(attempt(&fixture, i, &caller), edits[i].expected, "%s", edits[i].path);
		view_expect_part(&fixture, OPENAI "/.status", edits[i].line);
	}
}

Test(refusal, says_nothing_of_editors_files_and_of_what_is_not_there)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller member = acme_holder(ACME_MEMBER);
	uint64_t number = 0;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_open(&fixture, OPENAI "/x~", O_WRONLY | O_CREAT, &member, &number), 0);
	cr_expect_eq(fixture_remove(&fixture, OPENAI "/organization", &member), -ENOENT);
	view_expect_no_part(&fixture, OPENAI "/.status", "last-error");
}
