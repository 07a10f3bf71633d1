#include "fs/orgs.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/acme.h"
#include "tests/names.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define ADMINS "admins = user:daemon, group:games\n"

static const struct {
	struct caller caller;
	const char *owner; /* NULL: refused */
} makers[] = {
	{{.uid = 0, .groups_known = true}, "user:root\n"},
	{{.uid = 1, .gid = 1, .groups_known = true}, "user:daemon\n"},
	{{.uid = 2, .gid = 60, .groups_known = true}, "user:bin\n"},
	{{.uid = 2, .gid = 2, .groups_known = true}, NULL},
	{{.uid = 2, .gid = 60, .groups_known = false}, NULL},
	{{.uid = 54321, .gid = 60, .groups_known = true}, NULL}, /* has no name to be written */
};

Test(orgs, are_made_by_the_stores_admins_who_become_their_first_owners)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node node;

	fixture_init(&fixture, ADMINS);
	for (size_t i = 0; i < COUNT(makers); i++) {
		char path[64], owner[128];
		int r;

		snprintf(path, sizeof path, "orgs/org%zu", i);
		r = fixture_make(&fixture, path, &makers[i].caller);
		cr_expect_eq(r, makers[i].owner ? 0 : -EACCES, "%zu: %d", i, r);
		snprintf(owner, sizeof owner, "%s/roles/owner", path);
		if (makers[i].owner)
			view_expect(&fixture, owner, makers[i].owner);
		else
			cr_expect_eq(fixture_find(&fixture, path, &node), -ENOENT);
	}
}

Test(orgs, belong_to_their_maker_and_not_to_the_other_admins)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller maker = fixture_caller("daemon");
	const struct caller admin = fixture_caller("games");

	fixture_init(&fixture, ADMINS);
	cr_assert_eq(fixture_make(&fixture, ACME, &maker), 0);
	cr_expect_str_eq(view_bits(&fixture, ACME, &maker).text, "rwx");
	cr_expect_str_eq(view_bits(&fixture, ACME, &admin).text, "---");
	cr_expect_eq(fixture_make(&fixture, OPENAI, &admin), -EACCES);
}

Test(orgs, have_names_that_a_directory_can_have)
{
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_init(&fixture, "");
	for (size_t i = 0; i < NAMES; i++) {
		const int r = fixture_make_named(&fixture, "orgs", names[i].name, &fixture_root);

		cr_expect_eq(r, names[i].expected, "%zu, \"%s\": %d", i, names[i].name, r);
	}
	cr_expect_eq(fixture_make_named(&fixture, "orgs", names[0].name, &fixture_root), -EEXIST);
}

Test(orgs, are_listed_for_those_who_hold_a_role_in_them)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller daemon = fixture_caller("daemon");

	acme_init(&fixture, ADMINS);
	cr_assert_eq(fixture_make(&fixture, "orgs/rival", &daemon), 0);
	view_expect_list(&fixture, "orgs", &fixture_root, "acme rival");
	view_expect_list(&fixture, "orgs", &daemon, "acme rival");
	for (enum acme_role role = ACME_ADMIN; role < ACME_ROLES; role++) {
		const struct caller caller = acme_holder(role);

		view_expect_list(&fixture, "orgs", &caller, role == ACME_NOBODY ? "" : "acme");
	}
}

Test(orgs, answer_to_a_name_that_is_guessed_and_to_no_other)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller nobody = acme_holder(ACME_NOBODY);
	struct node orgs, node;

	acme_init(&fixture, "");
	orgs = view_node(&fixture, "orgs");
	cr_expect_eq(orgs_lookup(&fixture.tree, &orgs, "acme", &nobody, &node), 0);
	cr_expect_eq(node.kind, NODE_ORG);
	cr_expect_eq(orgs_lookup(&fixture.tree, &orgs, "Acme", &nobody, &node), -ENOENT);
	cr_expect_eq(orgs_lookup(&fixture.tree, &orgs, "", &nobody, &node), -ENOENT);
}

Test(orgs, are_never_removed_through_the_tree)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, "orgs/empty", &fixture_root), 0);
	cr_expect_eq(fixture_remove(&fixture, "orgs/empty", &fixture_root), -EPERM);
	cr_expect_eq(fixture_remove(&fixture, ACME, &fixture_root), -EPERM);
	view_expect(&fixture, KEY, "sk-proj-22");
}

static const struct {
	const char *from;
	const char *to;
	int expected;
} renames[] = {
	{ACME, "orgs/rival", -ENOTEMPTY},  {ACME, "orgs/acme.tmp", -EINVAL},
	{ACME, "orgs/.acme", -EINVAL},	   {ACME, "orgs/" NAMES_255 "6", -ENAMETOOLONG},
	{ACME, "orgs/rival/acme", -EPERM}, {ACME, "/acme", -EPERM},
	{ACME, "providers/acme", -EPERM},
};

Test(orgs, are_renamed_in_their_place_by_the_stores_admins)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller owner = acme_holder(ACME_OWNER);
	const struct caller admin = acme_holder(ACME_ADMIN);
	struct node before, node;

	acme_init(&fixture, ADMINS);
	cr_assert_eq(fixture_make(&fixture, "orgs/rival", &fixture_root), 0);
	before = view_node(&fixture, KEY);
	for (size_t i = 0; i < COUNT(renames); i++) {
		const int r =
			fixture_rename(&fixture, renames[i].from, renames[i].to, &fixture_root);

		cr_expect_eq(r, renames[i].expected, "%s: %d", renames[i].to, r);
	}
	cr_expect_eq(fixture_rename(&fixture, ACME, "orgs/new name", &admin), -EACCES);
	cr_expect_eq(fixture_rename(&fixture, ACME, "orgs/new name", &owner), 0, "user:daemon");
	cr_expect_eq(fixture_find(&fixture, ACME, &node), -ENOENT);
	node = view_node(&fixture, "orgs/new name/openai/api_key");
	cr_expect_eq(tree_inode(&fixture.tree, &before), tree_inode(&fixture.tree, &node));
	fixture_restart(&fixture);
	view_expect(&fixture, "orgs/new name/openai/api_key", "sk-proj-22");
}

Test(orgs, that_cannot_be_read_are_listed_for_root_only)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller owner = acme_holder(ACME_OWNER);

	acme_init(&fixture, "");
	fixture_tamper(&fixture, "UPDATE log SET hash = zeroblob(32) WHERE gen = 2");
	view_expect_list(&fixture, "orgs", &fixture_root, "acme");
	view_expect_list(&fixture, "orgs", &owner, "");
}
