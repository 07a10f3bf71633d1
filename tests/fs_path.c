#include "fs/path.h"

#include <criterion/criterion.h>

#include "tests/acme.h"
#include "fs/kind.h"

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
	char path[PATH_SIZE];

	acme_init(&fixture, "");
	cr_assert_eq(fixture_find(&fixture, KEY, &key), 0);
	cr_assert_eq(fixture_find(&fixture, OPENAI "/.history/api_key/1", &history), 0);
	cr_assert_eq(fixture_find(&fixture, OWN "/api_key", &own), 0);
	cr_assert_eq(fixture_find(&fixture, ETL "/openai", &link), 0);
	path_of(&fixture.tree, &key, &link, path);
	cr_expect_str_eq(path, ETL "/openai/api_key");
	path_of(&fixture.tree, &history, &link, path);
	cr_expect_str_eq(path, ETL "/openai/.history/api_key/1");
	path_of(&fixture.tree, &own, &link, path);
	cr_expect_str_eq(path, OWN "/api_key", "the link leads elsewhere");
	cr_assert_eq(fixture_remove(&fixture, ETL "/openai", &fixture_root), 0);
	path_of(&fixture.tree, &key, &link, path);
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
