#include "fs/report.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

#include "tests/acme.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define SPARE ACME "/spare"

/* The text with each time in it replaced by T. */
static void read_timeless(struct fixture *fixture, const char *path, char ret[4096])
{
	static const char form[] = "0000-00-00T00:00:00Z";
	char *at;

	cr_assert_eq(fixture_read(fixture, path, ret), 0, "%s", path);
	for (at = ret; *at; at++) {
		size_t i = 0;

		while (form[i] && at[i] &&
		       (form[i] == '0' ? at[i] >= '0' && at[i] <= '9' : at[i] == form[i]))
			i++;
		if (!form[i]) {
			*at = 'T';
			memmove(at + 1, at + i, strlen(at + i) + 1);
		}
	}
}

static void expect_timeless(struct fixture *fixture, const char *path, const char *expected)
{
	char content[4096];

	read_timeless(fixture, path, content);
	cr_expect_str_eq(content, expected, "%s holds \"%s\"", path, content);
}

Test(report, info_tells_what_all_may_know)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, ACME "/my notes", &fixture_root), 0);
	expect_timeless(&fixture, OPENAI "/.info",
			"name: openai\nprovider: openai\ncreated: T\nupdated: T\nversion: 5\n"
			"complete: yes\n");
	expect_timeless(&fixture, ACME "/my notes/.info",
			"name: my notes\nprovider: generic\ncreated: T\nupdated: T\nversion: 1\n"
			"complete: yes\n");
	expect_timeless(&fixture, OWN "/.info",
			"name: own\nprovider: openai\ncreated: T\nupdated: T\nversion: 5\n"
			"complete: yes\n");
}

Test(report, the_version_rises_with_every_change)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-proj-22\n"), 0);
	view_expect_part(&fixture, OPENAI "/.info", "version: 5\n");
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-proj-333\n"), 0);
	view_expect_part(&fixture, OPENAI "/.info", "version: 6\n");
	cr_assert_eq(fixture_remove(&fixture, KEY, &fixture_root), 0);
	view_expect_part(&fixture, OPENAI "/.info", "version: 7\n");
	cr_assert_eq(fixture_rename(&fixture, OPENAI, ACME "/renamed", &fixture_root), 0);
	view_expect_part(&fixture, ACME "/renamed/.info", "version: 8\n");
}

/* One step after another, in an account of the provider; what is then missing. */
static const struct {
	const char *provider;
	const char *field;
	const char *value; /* NULL: nothing is set */
	const char *expected;
} steps[] = {
	{"openai", NULL, NULL, "complete: no\nmissing: api_key\n"},
	{"openai", "api_base", "https://proxy.example/v1\n", "complete: no\nmissing: api_key\n"},
	{"openai", "api_key", "sk-proj-1\n", "complete: yes\n"},
	{"litellm", NULL, NULL, "complete: no\nmissing: api_key api_base\n"},
	{"litellm", "api_base", "https://proxy.example\n", "complete: no\nmissing: api_key\n"},
	{"litellm", "master_key", "sk-1\n", "complete: yes\n"},
	{"bedrock", NULL, NULL, "complete: no\nmissing: access_key_id secret_access_key region\n"},
	{"bedrock", "region", "eu-west-1\n",
	 "complete: no\nmissing: access_key_id secret_access_key\n"},
	{"bedrock", "secret_access_key", "0123456789012345678901234567890123456789\n",
	 "complete: no\nmissing: access_key_id\n"},
	{"bedrock", "access_key_id", "ASIAABCDEFGHIJKLMNOP\n",
	 "complete: no\nmissing: session_token\n"},
	{"bedrock", "access_key_id", "AKIAABCDEFGHIJKLMNOP\n", "complete: yes\n"},
	{"generic", NULL, NULL, "complete: yes\n"},
};

Test(report, info_tells_what_is_missing)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const char *provider = NULL;
	char path[256], content[4096];

	acme_init(&fixture, "");
	acme_remove_whole(&fixture, OPENAI);
	for (size_t i = 0; i < COUNT(steps); i++) {
		snprintf(path, sizeof path, ACME "/%s", steps[i].provider);
		if (provider != steps[i].provider)
			cr_assert_eq(fixture_make(&fixture, path, &fixture_root), 0, "%s", path);
		provider = steps[i].provider;
		if (steps[i].value) {
			snprintf(path, sizeof path, ACME "/%s/%s", provider, steps[i].field);
			cr_assert_eq(fixture_put(&fixture, path, steps[i].value), 0, "%zu", i);
		}
		snprintf(path, sizeof path, ACME "/%s/.info", provider);
		cr_assert_eq(fixture_read(&fixture, path, content), 0);
		cr_expect_str_eq(strstr(content, "complete:"), steps[i].expected, "%zu", i);
	}
}

Test(report, status_has_nothing_to_say_of_a_sound_account)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, SPARE, &fixture_root), 0);
	view_expect(&fixture, SPARE "/.status", "");
	cr_assert_eq(fixture_put(&fixture, SPARE "/anything", "x\n"), 0);
	view_expect(&fixture, SPARE "/.status", "");
}

Test(report, status_names_the_projects_that_inherit)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	view_expect_part(&fixture, OPENAI "/.status", "used-by: etl\n");
	view_expect_no_part(&fixture, ACME "/unlinked/.status", "used-by");
	cr_assert_eq(fixture_make(&fixture, ACME "/projects/web shop", &fixture_root), 0);
	cr_assert_eq(fixture_link(&fixture, "../../openai", ACME "/projects/web shop/llm",
				  &fixture_root),
		     0);
	view_expect_part(&fixture, OPENAI "/.status", "used-by: etl\n");
	view_expect_part(&fixture, OPENAI "/.status", "used-by: web shop\n");
	cr_assert_eq(fixture_remove(&fixture, ETL "/openai", &fixture_root), 0);
	view_expect_no_part(&fixture, OPENAI "/.status", "used-by: etl\n");
}

Test(report, status_warns_of_values_that_look_wrong)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	view_expect_part(&fixture, OPENAI "/.status",
			 "warning: api_key: does not look like a value of this field\n");
	view_expect_no_part(&fixture, OPENAI "/.status", "warning: api_base");
}

Test(report, status_names_the_versions_that_can_be_copied_back)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	view_expect_part(&fixture, OPENAI "/.status", "history: api_key: 1\n");
	view_expect_no_part(&fixture, OPENAI "/.status", "history: api_base");
}

/* Two users who manage the account, each with a refusal of his own. */
Test(report, status_has_the_last_error_of_each_user)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller owner = acme_holder(ACME_OWNER);
	const struct caller admin = acme_holder(ACME_ADMIN);
	const char *status = OPENAI "/.status";

	acme_init(&fixture, "");
	cr_assert_eq(fixture_save(&fixture, KEY, "sk-ant-one\n", &owner).write, -EKEYREJECTED);
	cr_assert_eq(fixture_save(&fixture, KEY, "two words\n", &admin).write, -EKEYREJECTED);
	view_expect_part(&fixture, status,
			 "last-error: begins with another vendor's prefix (api_key, by daemon)\n");
	view_expect_part(&fixture, status, " (api_key, by bin)\n");
	cr_assert_eq(fixture_save(&fixture, KEY, "sk-proj-333\n", &owner).close, 0);
	view_expect_no_part(&fixture, status, "by daemon");
	view_expect_part(&fixture, status, " (api_key, by bin)\n");
}

Test(report, status_names_a_user_without_a_name_by_number)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	notes_put(fixture.tree.notes, view_node(&fixture, OPENAI).id, 54321, "api_key", "is empty",
		  "");
	view_expect_part(&fixture, OPENAI "/.status",
			 "last-error: is empty (api_key, by uid 54321)\n");
}

Test(report, status_never_says_what_was_refused)
{
	static const char *const rejected[] = {"sk-ant-Tr0ub4dor", "Tr0ub4dor two",
					       "Tr0ub4dor\001"};
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (size_t i = 0; i < COUNT(rejected); i++) {
		cr_assert_eq(fixture_put(&fixture, KEY, rejected[i]), -EKEYREJECTED);
		view_expect_part(&fixture, OPENAI "/.status", "last-error: ");
		view_expect_no_part(&fixture, OPENAI "/.status", "Tr0ub4dor");
	}
	view_expect_no_part(&fixture, OPENAI "/.status", "sk-proj");
}

Test(report, status_names_a_value_that_is_damaged)
{
	CLEANUP_FIXTURE struct fixture fixture;
	char content[4096];

	acme_init(&fixture, "");
	fixture_tamper(&fixture, "UPDATE value SET ct = zeroblob(length(ct)) WHERE ver = 2");
	cr_expect_eq(fixture_read(&fixture, KEY, content), -EBADMSG);
	view_expect_part(&fixture, OPENAI "/.status", "warning: api_key: cannot be read: ");
	view_expect_part(&fixture, OPENAI "/.info", "complete: yes\n");
	view_expect(&fixture, OPENAI "/api_base", "https://proxy.example/v1");
}
