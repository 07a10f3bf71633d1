#include "fs/provider_file.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

#include "tests/acme.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define SPARE ACME "/spare"
#define PROVIDER SPARE "/provider"

/* acme, and an account that nobody has given a provider. */
static void begin(struct fixture *fixture)
{
	acme_init(fixture, "");
	cr_assert_eq(fixture_make(fixture, SPARE, &fixture_root), 0);
}

Test(provider_file, follows_from_the_name_or_is_generic)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	view_expect(&fixture, OPENAI "/provider", "openai");
	view_expect(&fixture, PROVIDER, "generic");
	cr_assert_eq(fixture_make(&fixture, ETL "/bedrock", &fixture_root), 0);
	view_expect(&fixture, ETL "/bedrock/provider", "bedrock");
}

static const struct {
	const char *saved;
	const char *shown;
} accepted[] = {
	{"openai\n", "openai"},
	{"anthropic", "anthropic"},
	{"azure-openai\n", "azure-openai"},
	{"generic\n", "generic"},
};

Test(provider_file, takes_the_id_of_one_in_the_catalogue)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	for (size_t i = 0; i < COUNT(accepted); i++) {
		cr_assert_eq(fixture_put(&fixture, PROVIDER, accepted[i].saved), 0, "%zu", i);
		view_expect(&fixture, PROVIDER, accepted[i].shown);
	}
}

#define SIXTY_FOUR "0123456789012345678901234567890123456789012345678901234567890123"

static const struct {
	const char *text;
	struct fixture_saved expected;
} refusals[] = {
	{"no-such-provider\n", {0, -EINVAL, -EINVAL}},
	{"no-such-provider", {0, 0, -EINVAL}}, /* more might follow */
	{"open", {0, 0, -EINVAL}},
	{"\n", {0, -EINVAL, -EINVAL}},
	{"OpenAI\n", {0, -EINVAL, -EINVAL}},
	{" openai\n", {0, -EINVAL, -EINVAL}},
	{"openai \n", {0, -EINVAL, -EINVAL}},
	{"openai\n\n", {0, -EINVAL, -EINVAL}},
	{"openai\nanthropic\n", {0, -EINVAL, -EINVAL}},
	{"../openai\n", {0, -EINVAL, -EINVAL}},
	{SIXTY_FOUR, {0, -EINVAL, -EINVAL}},
	{SIXTY_FOUR "\n", {0, -EINVAL, -EINVAL}},
};

Test(provider_file, refuses_any_other_text)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	cr_assert_eq(fixture_put(&fixture, PROVIDER, "openai\n"), 0);
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct fixture_saved saved =
			fixture_save(&fixture, PROVIDER, refusals[i].text, &fixture_root);

		cr_expect_eq(saved.open, refusals[i].expected.open, "%zu: %d", i, saved.open);
		cr_expect_eq(saved.write, refusals[i].expected.write, "%zu: %d", i, saved.write);
		cr_expect_eq(saved.close, refusals[i].expected.close, "%zu: %d", i, saved.close);
		view_expect_part(&fixture, SPARE "/.status",
				 "last-error: no such provider in the catalogue (provider, by ");
	}
	view_expect(&fixture, PROVIDER, "openai");
}

/* A field with this value is there already. */
static const struct {
	const char *field;
	const char *value;
	const char *provider;
	const char *reason; /* NULL: it fits */
} changes[] = {
	{"api_key", "sk-proj-1\n", "openai\n", NULL},
	{"api_key", "sk-ant-1\n", "anthropic\n", NULL},
	{"api_key", "anything\n", "generic\n", NULL},
	{"user", "me\n", "openai\n",
	 "last-error: the provider does not know a field that is set: user (provider, by root)"},
	{"api_key", "sk-ant-1\n", "openai\n",
	 "last-error: the provider would not take a field that is set: api_key (provider, by "
	 "root)"},
	{"api_key", "anything\n", "openai\n",
	 "last-error: the provider would not take a field that is set: api_key (provider, by "
	 "root)"},
	{"api_key", "two words\n", "mistral\n",
	 "last-error: the provider would not take a field that is set: api_key (provider, by "
	 "root)"},
	{"api_key", "two\nlines\n", "mistral\n",
	 "last-error: the provider would not take a field that is set: api_key (provider, by "
	 "root)"},
	{"api_base", "no url\n", "openai\n",
	 "last-error: the provider would not take a field that is set: api_base (provider, by "
	 "root)"},
};

static void try_change(struct fixture *fixture, size_t i)
{
	char expected[64] = "generic";
	char path[256];

	if (!changes[i].reason)
		snprintf(expected, sizeof expected, "%.*s", (int)strcspn(changes[i].provider, "\n"),
			 changes[i].provider);
	snprintf(path, sizeof path, SPARE "/%s", changes[i].field);
	cr_assert_eq(fixture_make(fixture, SPARE, &fixture_root), 0);
	cr_assert_eq(fixture_put(fixture, path, changes[i].value), 0);
	cr_expect_eq(fixture_put(fixture, PROVIDER, changes[i].provider),
		     changes[i].reason ? -EINVAL : 0, "%zu", i);
	view_expect(fixture, PROVIDER, expected);
	if (changes[i].reason)
		view_expect_part(fixture, SPARE "/.status", changes[i].reason);
	else
		view_expect_no_part(fixture, SPARE "/.status", "last-error");
	acme_remove_whole(fixture, SPARE);
}

Test(provider_file, changes_when_the_fields_that_are_set_fit)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (size_t i = 0; i < COUNT(changes); i++)
		try_change(&fixture, i);
}

Test(provider_file, a_proxys_key_fits_beside_its_address)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	cr_assert_eq(fixture_put(&fixture, SPARE "/api_key", "proxy-key\n"), 0);
	cr_assert_eq(fixture_put(&fixture, SPARE "/api_base", "https://proxy.example/v1\n"), 0);
	cr_expect_eq(fixture_put(&fixture, PROVIDER, "openai\n"), 0);
}

Test(provider_file, a_change_clears_the_reason_of_the_last_refusal)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	cr_assert_eq(fixture_put(&fixture, SPARE "/user", "me\n"), 0);
	cr_assert_eq(fixture_put(&fixture, PROVIDER, "openai\n"), -EINVAL);
	view_expect_part(&fixture, SPARE "/.status", "last-error");
	cr_assert_eq(fixture_remove(&fixture, SPARE "/user", &fixture_root), 0);
	cr_assert_eq(fixture_put(&fixture, PROVIDER, "openai\n"), 0);
	view_expect_no_part(&fixture, SPARE "/.status", "last-error");
}

Test(provider_file, says_which_fields_are_secret)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller member = acme_holder(ACME_MEMBER);

	begin(&fixture);
	cr_assert_eq(fixture_put(&fixture, SPARE "/api_base", "https://proxy.example/v1\n"), 0);
	cr_expect_str_eq(view_bits(&fixture, SPARE "/api_base", &member).text, "---");
	cr_assert_eq(fixture_put(&fixture, PROVIDER, "openai\n"), 0);
	cr_expect_str_eq(view_bits(&fixture, SPARE "/api_base", &member).text, "r--");
	fixture_restart(&fixture);
	cr_expect_str_eq(view_bits(&fixture, SPARE "/api_base", &member).text, "r--");
	cr_assert_eq(fixture_put(&fixture, PROVIDER, "generic\n"), 0);
	cr_expect_str_eq(view_bits(&fixture, SPARE "/api_base", &member).text, "---");
}

Test(provider_file, removing_it_makes_the_account_generic)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller member = acme_holder(ACME_MEMBER);
	const struct caller runner = acme_holder(ACME_RUNNER);
	const struct caller owner = acme_holder(ACME_OWNER);

	begin(&fixture);
	cr_expect_eq(fixture_remove(&fixture, OPENAI "/provider", &runner), -EACCES);
	cr_expect_eq(fixture_remove(&fixture, OPENAI "/provider", &member), -EACCES);
	cr_expect_eq(fixture_remove(&fixture, OPENAI "/provider", &owner), 0);
	view_expect(&fixture, OPENAI "/provider", "generic");
	view_expect(&fixture, KEY, "sk-proj-22");
	cr_expect_str_eq(view_bits(&fixture, OPENAI "/api_base", &member).text, "---");
	cr_expect_eq(fixture_put(&fixture, OPENAI "/anything", "x\n"), 0);
}

/* What mv, install and tar do: remove, and make where none may be. */
static const struct {
	const char *text;
	const char *expected;
} remade[] = {
	{"mistral\n", "mistral"},
	{"no-such-provider\n", "openai"},
	{"", "openai"},
};

static void make_anew(struct fixture *fixture, const char *text, const struct caller *caller)
{
	const struct node account = view_node(fixture, ACME "/unlinked");
	const struct edit edit = {&fixture->tree, caller, &account, "provider"};
	struct node node;
	const struct handle_open open = {&fixture->tree, &node, caller, O_WRONLY | O_EXCL | O_TRUNC,
					 999};
	const struct draft_write write = {0, (const uint8_t *)text, strlen(text), 7};
	struct draft *draft;
	uint64_t number;

	cr_assert_eq(kind_of(&account)->make_file(&edit, &node), 0);
	cr_assert_eq(handles_open(fixture->handles, &open, &number), 0);
	draft = handle_draft(handles_get(fixture->handles, number));
	if (write.size)
		(void)!draft_write(&fixture->tree, draft, &write);
	if (draft_ends(draft, 7))
		(void)!draft_flush(&fixture->tree, draft, false);
	handles_close(fixture->handles, &fixture->tree, number);
}

Test(provider_file, made_anew_where_it_was_removed_is_put_back_unless_it_is_taken)
{
	for (size_t i = 0; i < COUNT(remade); i++) {
		CLEANUP_FIXTURE struct fixture fixture;
		const struct caller owner = acme_holder(ACME_OWNER);
		struct node account, node;

		acme_init(&fixture, "");
		account = view_node(&fixture, ACME "/unlinked");
		cr_assert_eq(fixture_remove(&fixture, ACME "/unlinked/provider", &owner), 0);
		cr_expect_eq(kind_of(&account)->lookup(&fixture.tree, &account, "provider", &owner,
						       &node),
			     -ENOENT);
		view_expect_list(&fixture, ACME "/unlinked", &owner, "api_key");
		view_expect_list(&fixture, ACME "/unlinked", &fixture_root, "provider api_key");
		make_anew(&fixture, remade[i].text, &owner);
		view_expect(&fixture, ACME "/unlinked/provider", remade[i].expected);
		cr_expect_eq(kind_of(&account)->lookup(&fixture.tree, &account, "provider", &owner,
						       &node),
			     0, "%zu", i);
	}
}

Test(provider_file, is_not_there_yet_for_the_process_that_made_the_account)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node spare, node;

	begin(&fixture);
	spare = view_node(&fixture, SPARE);
	cr_expect_eq(
		kind_of(&spare)->lookup(&fixture.tree, &spare, "provider", &fixture_root, &node),
		-ENOENT);
	view_expect_list(&fixture, SPARE, &fixture_root, "provider");
	cr_expect_eq(
		kind_of(&spare)->lookup(&fixture.tree, &spare, "provider", &fixture_root, &node), 0,
		"it has looked");
}

static const struct {
	enum acme_role role;
	int inherited;
	int own;
} writers[] = {
	{ACME_OWNER, 0, 0},
	{ACME_ADMIN, 0, 0},
	{ACME_MEMBER, -EACCES, -EACCES},
	{ACME_AUDITOR, -EACCES, -EACCES},
	{ACME_MAINTAINER, -EACCES, 0},
	{ACME_RUNNER, -EACCES, -EACCES},
	{ACME_NOBODY, -EACCES, -EACCES},
};

Test(provider_file, is_changed_by_those_who_manage_the_account)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	for (size_t i = 0; i < COUNT(writers); i++) {
		const struct caller caller = acme_holder(writers[i].role);
		const char *name = acme_role_name(writers[i].role);

		cr_expect_eq(fixture_save(&fixture, OPENAI "/provider", "generic\n", &caller).open,
			     writers[i].inherited, "%s", name);
		cr_expect_eq(fixture_save(&fixture, OWN "/provider", "generic\n", &caller).open,
			     writers[i].own, "%s", name);
		cr_assert_eq(fixture_put(&fixture, OPENAI "/provider", "openai\n"), 0);
		cr_assert_eq(fixture_put(&fixture, OWN "/provider", "openai\n"), 0);
	}
}

Test(provider_file, the_same_provider_is_no_change)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct org *org = NULL;
	uint64_t generation;

	begin(&fixture);
	cr_assert_eq(store_org(fixture.store, 0, &org), 0);
	generation = org_generation(org);
	cr_assert_eq(fixture_put(&fixture, OPENAI "/provider", "openai\n"), 0);
	cr_expect_eq(org_generation(org), generation);
}

Test(provider_file, does_not_change_beside_a_value_that_cannot_be_judged)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	fixture_tamper(&fixture, "UPDATE value SET ct = zeroblob(length(ct))");
	cr_expect_eq(fixture_put(&fixture, ACME "/unlinked/provider", "litellm\n"), -EBADMSG);
	view_expect(&fixture, ACME "/unlinked/provider", "openai");
}
