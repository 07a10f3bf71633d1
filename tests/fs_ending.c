#include "fs/ending.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/acme.h"

#define ENDING ACME "/.delete"

Test(ending, takes_the_name_of_the_organisation_and_nothing_else)
{
	CLEANUP_FIXTURE struct fixture fixture;
	static const struct {
		const char *text;
		int expected;
	} rows[] = {
		{"acm", -EINVAL},    {"acme ", -EINVAL},    {"globex", -EINVAL},
		{"acme2", -EINVAL},  {"acme\n\n", -EINVAL}, {"\n", -EINVAL},
		{"Acme\n", -EINVAL}, {" acme", -EINVAL},    {"acme\nacme\n", -EINVAL},
	};

	acme_init(&fixture, "");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		cr_expect_eq(fixture_put(&fixture, ENDING, rows[i].text), rows[i].expected, "%s",
			     rows[i].text);
		cr_expect_neq(fixture_put(&fixture, KEY, "sk-still-there"), -ENOENT);
	}
}

Test(ending, leaves_nothing_and_the_name_is_free)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node node;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_put(&fixture, ENDING, "acme\n"), 0);
	for (int i = 0; i < 2; i++) {
		cr_expect_eq(fixture_find(&fixture, ACME, &node), -ENOENT);
		cr_expect_eq(fixture_find(&fixture, KEY, &node), -ENOENT);
		view_expect_list(&fixture, "orgs", &fixture_root, "");
		ending_tend(&fixture.tree);
		if (i == 0)
			fixture_restart(&fixture);
	}
	cr_assert_eq(fixture_make(&fixture, ACME, &fixture_root), 0);
	cr_expect_eq(fixture_find(&fixture, KEY, &node), -ENOENT);
	view_expect_list(&fixture, ACME, &fixture_root, "roles projects audit.log");
}

Test(ending, who_still_stands_in_it_finds_and_makes_nothing)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node org, account, child;
	struct edit edit = {&fixture.tree, &fixture_root, &org, "new"};

	acme_init(&fixture, "");
	cr_assert_eq(fixture_find(&fixture, ACME, &org), 0);
	cr_assert_eq(fixture_find(&fixture, OPENAI, &account), 0);
	cr_assert_eq(fixture_put(&fixture, ENDING, "acme"), 0);
	cr_expect_eq(kind_of(&org)->make_directory(&edit), -ENOENT);
	cr_expect_eq(kind_of(&org)->lookup(&fixture.tree, &org, "openai", &fixture_root, &child),
		     -ENOENT);
	cr_expect_eq(kind_of(&account)->lookup(&fixture.tree, &account, "api_key", &fixture_root,
					       &child),
		     -ENOENT);
}

Test(ending, is_the_owner_s_alone)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node node;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_find(&fixture, ENDING, &node), 0);
	for (int role = 0; role < ACME_ROLES; role++) {
		const struct caller caller = acme_holder((enum acme_role)role);
		const int expected = role == ACME_OWNER ? 0 : -EACCES;

		cr_expect_eq(access_bits(&fixture.tree, &node, &caller, 2), expected, "%s",
			     acme_role_name((enum acme_role)role));
	}
}

Test(ending, cannot_be_removed_made_or_renamed)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_expect_eq(fixture_remove(&fixture, ENDING, &fixture_root), -EPERM);
	cr_expect_eq(fixture_rename(&fixture, ENDING, ACME "/other", &fixture_root), -EPERM);
	cr_expect_eq(fixture_remove(&fixture, ACME, &fixture_root), -EPERM);
}

Test(ending, says_what_to_write)
{
	CLEANUP_FIXTURE struct fixture fixture;
	char text[4096];

	acme_init(&fixture, "");
	cr_assert_eq(fixture_read(&fixture, ENDING, text), 0);
	cr_expect_str_eq(text, "Write \"acme\" into this file to delete the organisation and all "
			       "that it holds, for good.\n");
}

/* More rows than one entry removes; and what is left when the daemon dies in between. */
Test(ending, what_is_left_is_removed_later)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct node ended = {.kind = NODE_ORG, .pin = 0};
	struct org *org = NULL;
	size_t left = 0;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_find(&fixture, ACME, &(struct node){0}), 0);
	cr_assert_eq(store_org(fixture.store, ended.pin, &org), 0);
	cr_assert_eq(org_end(org, 3, &left), 0);
	cr_assert(org_is_ended(org));
	cr_assert_gt(left, 3);
	fixture_restart(&fixture);
	cr_expect_eq(fixture_find(&fixture, OPENAI, &(struct node){0}), -ENOENT);
	ending_tend(&fixture.tree); /* it was loaded: the name goes, and what is left of it */
	cr_expect_eq(fixture_find(&fixture, ACME, &(struct node){0}), -ENOENT);
	cr_assert_eq(store_org(fixture.store, ended.pin, &org), 0);
	cr_assert_eq(org_end(org, 1000, &left), 0);
	cr_expect_eq(left, 0);
	cr_assert_eq(fixture_make(&fixture, ACME, &fixture_root), 0);
}
