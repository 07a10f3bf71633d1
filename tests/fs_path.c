#include "fs/path.h"

#include <criterion/criterion.h>

#include "tests/acme.h"
#include "fs/kind.h"
#include "fs/witness.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const char *const paths[] = {
	"orgs",
	ACME,
	ACME "/audit.log",
	ACME "/projects",
	ACME "/roles",
	ACME "/roles/owner",
	ETL,
	ETL "/openai",
	ETL "/roles",
	ETL "/roles/runner",
	OWN,
	OWN "/api_key",
	OWN "/provider",
	OPENAI,
	OPENAI "/provider",
	OPENAI "/.info",
	OPENAI "/.status",
	OPENAI "/.history",
	OPENAI "/.history/api_key",
	OPENAI "/.history/api_key/1",
	KEY,
};

Test(path, is_the_one_that_the_node_was_found_by)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct node node = {0};
		char path[PATH_SIZE];

		cr_assert_eq(fixture_find(&fixture, paths[i], &node), 0, "%s", paths[i]);
		path_of(&fixture.tree, &node, NULL, path);
		cr_expect_str_eq(path, paths[i]);
	}
}

Test(path, goes_through_the_link_that_was_taken_while_it_leads_there)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node key = {0}, history = {0}, own = {0}, link = {0};
	struct way way;
	char path[PATH_SIZE];

	acme_init(&fixture, "");
	cr_assert_eq(fixture_find(&fixture, KEY, &key), 0);
	cr_assert_eq(fixture_find(&fixture, OPENAI "/.history/api_key/1", &history), 0);
	cr_assert_eq(fixture_find(&fixture, OWN "/api_key", &own), 0);
	cr_assert_eq(fixture_find(&fixture, ETL "/openai", &link), 0);
	way = (struct way){link, {.pin = NO_PIN}};
	path_of(&fixture.tree, &key, &way, path);
	cr_expect_str_eq(path, ETL "/openai/api_key");
	path_of(&fixture.tree, &history, &way, path);
	cr_expect_str_eq(path, ETL "/openai/.history/api_key/1");
	path_of(&fixture.tree, &own, &way, path);
	cr_expect_str_eq(path, OWN "/api_key", "the link leads elsewhere");
	cr_assert_eq(fixture_remove(&fixture, ETL "/openai", &fixture_root), 0);
	path_of(&fixture.tree, &key, &way, path);
	cr_expect_str_eq(path, KEY);
}

Test(path, of_a_name_in_a_directory_is_joined_to_it)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node directory = {0};
	char path[PATH_SIZE];

	acme_init(&fixture, "");
	cr_assert_eq(fixture_find(&fixture, OPENAI, &directory), 0);
	path_in(&fixture.tree, &directory, "new", path);
	cr_expect_str_eq(path, OPENAI "/new");
	cr_assert_eq(fixture_find(&fixture, "orgs", &directory), 0);
	path_in(&fixture.tree, &directory, "emca", path);
	cr_expect_str_eq(path, "orgs/emca");
}

static const char *const connected[] = {
	CONNECTIONS,	      WAREHOUSE,	  WAREHOUSE "/url",
	ASSOCIATED,	      WAREHOUSE "/.info", WAREHOUSE "/.history/url/1",
	ACME "/users",	      PERSONAL,		  PERSONAL "/mine",
	PERSONAL "/mine/key",
};

static void connect(struct fixture *fixture)
{
	acme_connect(fixture);
	cr_assert_eq(fixture_put(fixture, WAREHOUSE "/url", "mysql://db.example\n"), 0);
	cr_assert_eq(fixture_make(fixture, PERSONAL, &fixture_root), 0);
	cr_assert_eq(fixture_make(fixture, PERSONAL "/mine", &fixture_root), 0);
	cr_assert_eq(fixture_put(fixture, PERSONAL "/mine/key", "k\n"), 0);
	cr_assert_eq(
		fixture_link(fixture, "../../connections/warehouse", ETL "/whole", &fixture_root),
		0);
	cr_assert_eq(fixture_link(fixture, "../../connections/warehouse/warehouse-login",
				  ETL "/one", &fixture_root),
		     0);
}

Test(path, of_connections_and_users_is_the_one_that_the_node_was_found_by)
{
	CLEANUP_FIXTURE struct fixture fixture;

	connect(&fixture);
	for (size_t i = 0; i < COUNT(connected); i++) {
		const struct node node = view_node(&fixture, connected[i]);
		char path[PATH_SIZE];

		path_of(&fixture.tree, &node, NULL, path);
		cr_expect_str_eq(path, connected[i]);
	}
}

/* What a process walks through, what it opens then, and by which path that is told. */
static const struct {
	const char *first, *second;
	const char *opened;
	const char *told;
} walks[] = {
	{ETL "/whole", NULL, WAREHOUSE "/url", ETL "/whole/url"},
	{ETL "/whole", ASSOCIATED, WAREHOUSE_LOGIN "/password",
	 ETL "/whole/warehouse-login/password"},
	{ETL "/one", ASSOCIATED, WAREHOUSE_LOGIN "/password", ETL "/one/password"},
	{ASSOCIATED, NULL, WAREHOUSE_LOGIN "/password", ASSOCIATED "/password"},
	{ETL "/openai", ASSOCIATED, WAREHOUSE_LOGIN "/password", ASSOCIATED "/password"},
	{ETL "/whole", NULL, WAREHOUSE_LOGIN "/password", WAREHOUSE_LOGIN "/password"},
	{ETL "/openai", NULL, WAREHOUSE "/url", WAREHOUSE "/url"},
};

Test(path, goes_through_a_projects_link_and_a_connections)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller caller = {.pid = 4711};

	connect(&fixture);
	for (size_t i = 0; i < COUNT(walks); i++) {
		const struct node opened = view_node(&fixture, walks[i].opened);
		struct node link = view_node(&fixture, walks[i].first);
		char path[PATH_SIZE];
		struct actor actor;

		witness_walk(&fixture.tree, &link, caller.pid);
		if (walks[i].second) {
			link = view_node(&fixture, walks[i].second);
			witness_walk(&fixture.tree, &link, caller.pid);
		}
		actor = witness_opener(&fixture.tree, &opened, &caller, false);
		path_of(&fixture.tree, &opened, &actor.via, path);
		cr_expect_str_eq(path, walks[i].told, "walk %zu", i);
	}
}
