#include "fs/organisation.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/acme.h"
#include "tests/names.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* What cannot be removed comes first, so that rm -r stops before it harms. */
Test(organisation, lists_its_fixed_directories_and_then_its_accounts)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller member = acme_holder(ACME_MEMBER);

	acme_init(&fixture, "");
	view_expect_list(&fixture, ACME, &member, "roles projects openai unlinked");
	cr_assert_eq(fixture_make(&fixture, ACME "/Zebra", &fixture_root), 0);
	cr_assert_eq(fixture_make(&fixture, ACME "/a b", &fixture_root), 0);
	view_expect_list(&fixture, ACME, &member, "roles projects Zebra a b openai unlinked");
}

static const struct {
	const char *name;
	enum node_kind kind;
	int expected;
} children[] = {
	{"roles", NODE_ROLES, 0},    {"projects", NODE_PROJECTS, 0},
	{"openai", NODE_ACCOUNT, 0}, {"own", 0, -ENOENT},
	{"etl", 0, -ENOENT},	     {"OpenAI", 0, -ENOENT},
	{"owner", 0, -ENOENT},	     {"connections", 0, -ENOENT},
	{"users", 0, -ENOENT},	     {"audit.log", NODE_AUDIT, 0},
	{".deleted", 0, -ENOENT},    {"", 0, -ENOENT},
};

Test(organisation, has_its_accounts_and_nothing_of_its_projects)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node directory;

	acme_init(&fixture, "");
	directory = view_node(&fixture, ACME);
	for (size_t i = 0; i < COUNT(children); i++) {
		struct node node = {0};
		const int r = org_dir_lookup(&fixture.tree, &directory, children[i].name,
					     &fixture_root, &node);

		cr_expect_eq(r, children[i].expected, "%s: %d", children[i].name, r);
		if (r == 0)
			cr_expect_eq(node.kind, children[i].kind, "%s", children[i].name);
	}
}

Test(organisation, takes_accounts_of_any_name_that_can_be_one)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (size_t i = 0; i < NAMES; i++) {
		const int r = fixture_make_named(&fixture, ACME, names[i].name, &fixture_root);

		cr_expect_eq(r, names[i].expected, "%zu, \"%s\": %d", i, names[i].name, r);
		if (r == 0)
			cr_expect_eq(
				fixture_make_named(&fixture, ACME, names[i].name, &fixture_root),
				-EEXIST);
	}
}

static const char *const reserved[] = {"orgs",	"projects", "connections", "users",
				       "roles", "use",	    "audit.log"};

Test(organisation, keeps_the_names_that_mean_something_in_it)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (size_t i = 0; i < COUNT(reserved); i++)
		cr_expect_eq(fixture_make_named(&fixture, ACME, reserved[i], &fixture_root),
			     -EINVAL, "%s", reserved[i]);
	cr_expect_eq(fixture_make_named(&fixture, ACME, "Roles", &fixture_root), 0);
	cr_expect_eq(fixture_make_named(&fixture, ACME, "openai", &fixture_root), -EEXIST);
}

Test(organisation, takes_no_files_and_no_links)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	cr_expect_eq(fixture_put(&fixture, ACME "/file", "x\n"), -EPERM);
	cr_expect_eq(fixture_link(&fixture, "openai", ACME "/link", &fixture_root), -EPERM);
}

Test(organisation, keeps_its_fixed_directories)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);

	acme_init(&fixture, "");
	cr_expect_eq(fixture_remove(&fixture, ACME "/roles", &fixture_root), -EPERM);
	cr_expect_eq(fixture_remove(&fixture, ACME "/projects", &fixture_root), -EPERM);
	cr_expect_eq(fixture_remove(&fixture, ACME "/roles", &runner), -EACCES);
}

Test(organisation, was_updated_when_its_log_grew)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct org *org = NULL;
	struct node node;

	acme_init(&fixture, "");
	node = view_node(&fixture, ACME);
	cr_assert_eq(store_org(fixture.store, 0, &org), 0);
	cr_expect_eq(org_dir_updated(&fixture.tree, &node), org_time(org));
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-proj-333\n"), 0);
	cr_expect_eq(org_dir_updated(&fixture.tree, &node), org_time(org));
}

Test(organisation, says_eio_when_a_damaged_account_might_have_the_name)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node node;

	acme_init(&fixture, "");
	cr_expect_eq(fixture_find(&fixture, ACME "/nothing", &node), -ENOENT);
	fixture_tamper(&fixture, "UPDATE item SET ct = zeroblob(length(ct)) WHERE kind = 5");
	cr_expect_eq(fixture_find(&fixture, OPENAI, &node), -EIO);
	cr_expect_eq(fixture_find(&fixture, ACME "/nothing", &node), -EIO);
	view_expect_list(&fixture, ACME, &fixture_root, "roles projects audit.log");
	view_expect(&fixture, ACME "/roles/admin", "user:bin\n");
}
