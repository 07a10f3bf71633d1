#include "fs/link.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

#include "fs/project.h"
#include "tests/acme.h"
#include "tests/names.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define LINK ETL "/link"
#define TEMPORARY ETL "/CuAb12Cd"

/* acme, and beside it what a link might also be pointed at. */
static void begin(struct fixture *fixture)
{
	static const char *const directories[] = {ACME "/Production OpenAI", ACME "/projects/other",
						  ACME "/projects/other/own", "orgs/rival",
						  "orgs/rival/openai"};

	acme_init(fixture, "");
	for (size_t i = 0; i < COUNT(directories); i++)
		cr_assert_eq(fixture_make(fixture, directories[i], &fixture_root), 0);
}

/* The same, and links in another project. */
static void begin_with_links(struct fixture *fixture)
{
	begin(fixture);
	cr_assert_eq(fixture_make(fixture, ACME "/gone", &fixture_root), 0);
	cr_assert_eq(
		fixture_link(fixture, "../../openai", ACME "/projects/other/openai", &fixture_root),
		0);
	cr_assert_eq(
		fixture_link(fixture, "../../gone", ACME "/projects/other/broken", &fixture_root),
		0);
	cr_assert_eq(fixture_remove(fixture, ACME "/gone", &fixture_root), 0);
}

static void expect_bits(struct fixture *fixture, const char *path, enum acme_role role,
			const char *expected)
{
	const struct caller caller = acme_holder(role);

	cr_expect_str_eq(view_bits(fixture, path, &caller).text, expected, "%s, %s", path,
			 acme_role_name(role));
}

static const struct {
	const char *target;
	const char *shown;
} accepted[] = {
	{"../../openai", "../../openai"},
	{"../../openai/", "../../openai"},
	{"../..//./openai", "../../openai"},
	{"../../Production OpenAI", "../../Production OpenAI"},
	{"../../../acme/openai", "../../openai"},
	{"../../../../orgs/acme/openai", "../../openai"},
	{"../own/../../projects/../openai", "../../openai"},
	{"/creds/orgs/acme/openai", "../../openai"},
	{"/creds//orgs/./acme/projects/../openai/", "../../openai"},
	{"openai", "../../openai"},
	{"../other/openai", "../../openai"},
	{"../other/openai/.", "../../openai"},
	{"../other/openai/../Production OpenAI", "../../Production OpenAI"},
	{"/creds/orgs/acme/projects/other/openai", "../../openai"},
};

Test(link, takes_any_way_to_an_account_and_shows_the_plain_one)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin_with_links(&fixture);
	cr_assert_eq(fixture_make(&fixture, ACME "/projects/own", &fixture_root), 0);
	for (size_t i = 0; i < COUNT(accepted); i++) {
		cr_assert_eq(fixture_link(&fixture, accepted[i].target, LINK, &fixture_root), 0,
			     "%s", accepted[i].target);
		view_expect(&fixture, LINK, accepted[i].shown);
		cr_assert_eq(fixture_remove(&fixture, LINK, &fixture_root), 0);
	}
}

/* Everything that is no account of the organisation itself. */
static const char *const refused[] = {
	"",
	".",
	"..",
	"/",
	"../..",
	"../../..",
	"../../../..",
	"../../../../..",
	"../../../../../orgs/acme/openai",
	"own",
	"../other/broken",
	"../other/openai/api_key",
	"../other/openai/../nothing",
	"roles",
	"roles/runner",
	"link",
	"../../nothing",
	"../../openai/api_key",
	"../../openai/provider",
	"../../openai/.info",
	"../../openai/.status",
	"../../openai/.history",
	"../../openai/.history/api_key",
	"../../openai/.history/api_key/1",
	"../../openai/..",
	"../../openai/nothing",
	"../../openai/provider/x",
	"../../roles",
	"../../roles/owner",
	"../../projects",
	"../../projects/etl",
	"../../projects/etl/own",
	"../other",
	"../other/own",
	"../../../rival",
	"../../../rival/openai",
	"../../../nothing/openai",
	"../../../../providers",
	"../../../../providers/openai",
	"../../../../.status",
	"../../.deleted/openai",
	"orgs/acme/openai",
	"/orgs/acme/openai",
	"/creds",
	"/creds/",
	"/creds/orgs/rival/openai",
	"/creds/orgs/acme",
	"/credsx/orgs/acme/openai",
	"/credentials",
	"/etc/passwd",
	"../../openai/a/b/c/d/e/f/g/h/i/j/k/l/m/n",
};

Test(link, to_anything_else_is_invalid)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node node;

	begin_with_links(&fixture);
	for (size_t i = 0; i < COUNT(refused); i++) {
		cr_expect_eq(fixture_link(&fixture, refused[i], LINK, &fixture_root), -EINVAL, "%s",
			     refused[i]);
		cr_expect_eq(fixture_find(&fixture, LINK, &node), -ENOENT, "%s", refused[i]);
	}
}

Test(link, leads_through_another_project_for_those_who_may_look_there)
{
	static const char through[] = "../other/openai";
	const struct caller maintainer = acme_holder(ACME_MAINTAINER);
	CLEANUP_FIXTURE struct fixture fixture;

	begin_with_links(&fixture);
	cr_expect_eq(fixture_link(&fixture, through, LINK, &maintainer), -EINVAL);
	cr_expect_eq(fixture_link(&fixture, "openai", LINK, &maintainer), 0, "his own project");
	view_expect(&fixture, LINK, "../../openai");
	cr_assert_eq(fixture_remove(&fixture, LINK, &maintainer), 0);
	cr_assert_eq(fixture_put(&fixture, ACME "/projects/other/roles/runner", "user:man\n"), 0);
	cr_expect_eq(fixture_link(&fixture, through, LINK, &maintainer), 0);
	view_expect(&fixture, LINK, "../../openai");
}

static int make_named(struct fixture *fixture, const char *name)
{
	const struct node directory = view_node(fixture, ETL);
	const struct edit edit = {&fixture->tree, &fixture_root, &directory, name};

	return kind_of(&directory)->make_link(&edit, "../../openai");
}

Test(link, has_a_name_that_an_account_could_have)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	for (size_t i = 0; i < NAMES; i++) {
		const int r = make_named(&fixture, names[i].name);

		cr_expect_eq(r, names[i].expected, "%zu, \"%s\": %d", i, names[i].name, r);
	}
}

Test(link, does_not_take_the_name_of_something_else)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	cr_expect_eq(make_named(&fixture, "roles"), -EINVAL);
	cr_expect_eq(make_named(&fixture, "env"), -EINVAL);
	cr_expect_eq(make_named(&fixture, "env.json"), -EINVAL);
	cr_expect_eq(make_named(&fixture, "openai"), -EEXIST, "a link");
	cr_expect_eq(make_named(&fixture, "own"), -EEXIST, "an account");
}

static const struct {
	enum acme_role role;
	int expected;
} makers[] = {
	{ACME_OWNER, 0},	 {ACME_ADMIN, 0},      {ACME_MEMBER, -EACCES},
	{ACME_AUDITOR, -EACCES}, {ACME_MAINTAINER, 0}, {ACME_RUNNER, -EACCES},
	{ACME_NOBODY, -EACCES},
};

Test(link, is_made_renamed_and_removed_by_those_who_may_opt_in)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	for (size_t i = 0; i < COUNT(makers); i++) {
		const struct caller caller = acme_holder(makers[i].role);
		const int expected = makers[i].expected;
		const char *name = acme_role_name(makers[i].role);

		cr_expect_eq(fixture_link(&fixture, "../../unlinked", LINK, &caller), expected,
			     "%s", name);
		cr_expect_eq(fixture_link(&fixture, "../../unlinked", TEMPORARY, &caller), expected,
			     "%s", name);
		if (expected < 0)
			cr_assert_eq(fixture_link(&fixture, "../../unlinked", LINK, &fixture_root),
				     0);
		cr_expect_eq(fixture_rename(&fixture, LINK, LINK "2", &caller), expected, "%s",
			     name);
		if (expected < 0)
			cr_assert_eq(fixture_rename(&fixture, LINK, LINK "2", &fixture_root), 0);
		cr_expect_eq(fixture_remove(&fixture, LINK "2", &caller), expected, "%s", name);
		if (expected < 0)
			cr_assert_eq(fixture_remove(&fixture, LINK "2", &fixture_root), 0);
	}
}

Test(link, gives_and_takes_the_use_of_the_account_at_once)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	expect_bits(&fixture, ACME "/unlinked/api_key", ACME_RUNNER, "---");
	cr_assert_eq(fixture_link(&fixture, "../../unlinked", LINK, &fixture_root), 0);
	expect_bits(&fixture, ACME "/unlinked/api_key", ACME_RUNNER, "r--");
	expect_bits(&fixture, ACME "/unlinked/api_key", ACME_MAINTAINER, "r--");
	expect_bits(&fixture, ACME "/unlinked/api_key", ACME_MEMBER, "---");
	cr_assert_eq(fixture_remove(&fixture, LINK, &fixture_root), 0);
	expect_bits(&fixture, ACME "/unlinked/api_key", ACME_RUNNER, "---");
	expect_bits(&fixture, ACME "/unlinked/api_key", ACME_MAINTAINER, "---");
}

Test(link, a_right_that_another_link_gives_stays)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	cr_assert_eq(fixture_link(&fixture, "../../openai", LINK, &fixture_root), 0);
	cr_assert_eq(fixture_remove(&fixture, LINK, &fixture_root), 0);
	expect_bits(&fixture, KEY, ACME_RUNNER, "r--");
	cr_assert_eq(fixture_remove(&fixture, ETL "/openai", &fixture_root), 0);
	expect_bits(&fixture, KEY, ACME_RUNNER, "---");
}

Test(link, does_not_pass_on_what_the_catalogue_withholds)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	cr_assert_eq(fixture_link(&fixture, "../../Production OpenAI", LINK, &fixture_root), 0);
	cr_assert_eq(fixture_put(&fixture, ACME "/Production OpenAI/admin_key", "sk-admin-1\n"), 0);
	expect_bits(&fixture, ACME "/Production OpenAI/admin_key", ACME_RUNNER, "r--");
	cr_assert_eq(fixture_put(&fixture, ACME "/Production OpenAI/provider", "openai\n"), 0);
	expect_bits(&fixture, ACME "/Production OpenAI/admin_key", ACME_RUNNER, "---");
	expect_bits(&fixture, ACME "/Production OpenAI/admin_key", ACME_MAINTAINER, "---");
	expect_bits(&fixture, ACME "/Production OpenAI/admin_key", ACME_ADMIN, "rw-");
}

Test(link, follows_the_account_to_its_new_name)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	cr_assert_eq(fixture_rename(&fixture, OPENAI, ACME "/renamed", &fixture_root), 0);
	view_expect(&fixture, ETL "/openai", "../../renamed");
	expect_bits(&fixture, ACME "/renamed/api_key", ACME_RUNNER, "r--");
	fixture_restart(&fixture);
	view_expect(&fixture, ETL "/openai", "../../renamed");
}

Test(link, dangles_when_the_account_is_gone_and_does_not_revive)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	cr_assert_eq(fixture_rename(&fixture, OPENAI, ACME "/renamed", &fixture_root), 0);
	acme_remove_whole(&fixture, ACME "/renamed");
	view_expect(&fixture, ETL "/openai", "../../.deleted/renamed");
	cr_assert_eq(fixture_make(&fixture, ACME "/renamed", &fixture_root), 0);
	cr_assert_eq(fixture_put(&fixture, ACME "/renamed/key", "x\n"), 0);
	view_expect(&fixture, ETL "/openai", "../../.deleted/renamed");
	expect_bits(&fixture, ACME "/renamed/key", ACME_RUNNER, "---");
	expect_bits(&fixture, ACME "/renamed", ACME_MAINTAINER, "---");
	fixture_restart(&fixture);
	view_expect(&fixture, ETL "/openai", "../../.deleted/renamed");
	expect_bits(&fixture, ACME "/renamed/key", ACME_RUNNER, "---");
}

Test(link, that_dangles_can_be_renamed_replaced_and_removed)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node node;

	begin(&fixture);
	acme_remove_whole(&fixture, OPENAI);
	cr_expect_eq(fixture_link(&fixture, "../../unlinked", ETL "/openai", &fixture_root),
		     -EEXIST);
	cr_assert_eq(fixture_rename(&fixture, ETL "/openai", LINK, &fixture_root), 0);
	view_expect(&fixture, LINK, "../../.deleted/openai");
	cr_assert_eq(fixture_link(&fixture, "../../unlinked", TEMPORARY, &fixture_root), 0);
	cr_assert_eq(fixture_rename(&fixture, TEMPORARY, LINK, &fixture_root), 0);
	view_expect(&fixture, LINK, "../../unlinked");
	cr_assert_eq(fixture_remove(&fixture, LINK, &fixture_root), 0);
	cr_expect_eq(fixture_find(&fixture, LINK, &node), -ENOENT);
}

/* ln -sfn: what it makes under a temporary name grants nothing until it is renamed. */
Test(link, under_a_temporary_name_grants_nothing)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct org *org = NULL;
	struct node node;
	uint64_t generation;

	begin(&fixture);
	cr_assert_eq(store_org(fixture.store, 0, &org), 0);
	generation = org_generation(org);
	cr_assert_eq(fixture_link(&fixture, "../../unlinked", TEMPORARY, &fixture_root), 0);
	view_expect(&fixture, TEMPORARY, "../../unlinked");
	view_expect_list(&fixture, ETL, &fixture_root, "roles openai own");
	expect_bits(&fixture, ACME "/unlinked/api_key", ACME_RUNNER, "---");
	cr_expect_eq(org_generation(org), generation, "nothing was stored");
	cr_assert_eq(fixture_rename(&fixture, TEMPORARY, ETL "/openai", &fixture_root), 0);
	cr_expect_eq(org_generation(org), generation + 1, "one entry");
	view_expect(&fixture, ETL "/openai", "../../unlinked");
	expect_bits(&fixture, ACME "/unlinked/api_key", ACME_RUNNER, "r--");
	expect_bits(&fixture, KEY, ACME_RUNNER, "---");
	cr_expect_eq(fixture_find(&fixture, TEMPORARY, &node), -ENOENT);
}

Test(link, under_a_temporary_name_is_its_makers_only)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller maintainer = acme_holder(ACME_MAINTAINER);
	const struct caller admin = acme_holder(ACME_ADMIN);
	struct node project;
	struct node node;

	begin(&fixture);
	project = view_node(&fixture, ETL);
	cr_assert_eq(fixture_link(&fixture, "../../unlinked", TEMPORARY, &maintainer), 0);
	cr_expect_eq(project_lookup(&fixture.tree, &project, "CuAb12Cd", &maintainer, &node), 0);
	cr_expect_eq(node.kind, NODE_PENDING);
	cr_expect_eq(project_lookup(&fixture.tree, &project, "CuAb12Cd", &admin, &node), -ENOENT);
}

Test(link, under_a_temporary_name_can_be_given_up)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node node;

	begin(&fixture);
	cr_assert_eq(fixture_link(&fixture, "../../unlinked", TEMPORARY, &fixture_root), 0);
	cr_assert_eq(fixture_remove(&fixture, TEMPORARY, &fixture_root), 0);
	cr_expect_eq(fixture_find(&fixture, TEMPORARY, &node), -ENOENT);
}

static const struct {
	const char *from;
	const char *to;
	int expected;
} renames[] = {
	{ETL "/openai", ETL "/own", -EISDIR},
	{ETL "/openai", ETL "/roles", -EPERM},
	{ETL "/openai", ETL "/env", -EPERM},
	{ETL "/openai", ETL "/openai~", -EINVAL},
	{ETL "/openai", ETL "/.openai", -EINVAL},
	{ETL "/openai", ACME "/projects/other/openai", -EPERM},
	{ETL "/openai", ACME "/link", -EPERM},
	{ETL "/openai", OPENAI "/link", -EPERM},
	{TEMPORARY, ETL "/own", -EISDIR},
	{TEMPORARY, ETL "/roles", -EPERM},
	{TEMPORARY, ETL "/CuXXXXXX", -EINVAL},
	{TEMPORARY, ACME "/projects/other/link", -EPERM},
};

Test(link, stays_in_its_project_and_replaces_links_only)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	cr_assert_eq(fixture_link(&fixture, "../../unlinked", TEMPORARY, &fixture_root), 0);
	for (size_t i = 0; i < COUNT(renames); i++) {
		const int r =
			fixture_rename(&fixture, renames[i].from, renames[i].to, &fixture_root);

		cr_expect_eq(r, renames[i].expected, "%s to %s: %d", renames[i].from, renames[i].to,
			     r);
	}
	view_expect(&fixture, ETL "/openai", "../../openai");
	view_expect(&fixture, TEMPORARY, "../../unlinked");
}

Test(link, renamed_onto_another_replaces_it)
{
	CLEANUP_FIXTURE struct fixture fixture;

	begin(&fixture);
	cr_assert_eq(fixture_link(&fixture, "../../unlinked", LINK, &fixture_root), 0);
	cr_assert_eq(fixture_rename(&fixture, LINK, ETL "/openai", &fixture_root), 0);
	view_expect_list(&fixture, ETL, &fixture_root, "roles openai own");
	view_expect(&fixture, ETL "/openai", "../../unlinked");
	expect_bits(&fixture, KEY, ACME_RUNNER, "---");
}

Test(link, is_refused_to_a_project_with_more_users_than_the_account_can_list)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const char *project = ACME "/projects/other/roles/runner";
	const char *name = ACME "/projects/other/link";
	const char *temporary = ACME "/projects/other/CuAb12Cd";

	begin(&fixture);
	cr_assert_eq(fixture_remove(&fixture, ETL "/openai", &fixture_root), 0);
	cr_assert_eq(acme_crowd(&fixture, project, "x-", 401), 0);
	cr_expect_eq(fixture_link(&fixture, "../../openai", name, &fixture_root), -E2BIG);
	cr_assert_eq(fixture_link(&fixture, "../../openai", temporary, &fixture_root), 0);
	cr_expect_eq(fixture_rename(&fixture, temporary, name, &fixture_root), -E2BIG);
	cr_assert_eq(acme_crowd(&fixture, project, "x-", 400), 0);
	cr_expect_eq(fixture_rename(&fixture, temporary, name, &fixture_root), 0);
	view_expect(&fixture, name, "../../openai");
}

Test(link, made_or_removed_changes_the_project)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node project;
	uint64_t before, after;

	acme_init(&fixture, "");
	project = view_node(&fixture, ETL);
	before = kind_of(&project)->updated(&fixture.tree, &project);
	cr_assert_eq(fixture_link(&fixture, "../../unlinked", ETL "/more", &fixture_root), 0);
	after = kind_of(&project)->updated(&fixture.tree, &project);
	cr_expect_gt(after, before);
	cr_assert_eq(fixture_rename(&fixture, ETL "/more", ETL "/less", &fixture_root), 0);
	before = kind_of(&project)->updated(&fixture.tree, &project);
	cr_expect_gt(before, after);
	cr_assert_eq(fixture_remove(&fixture, ETL "/less", &fixture_root), 0);
	cr_expect_gt(kind_of(&project)->updated(&fixture.tree, &project), before);
}
