#include "fs/location.h"

#include <criterion/criterion.h>

Test(location, below_a_directory_is_what_begins_with_all_of_its_name)
{
	static const struct {
		const char *directory, *path, *below;
	} rows[] = {
		{"/creds", "/creds/orgs/acme", "orgs/acme"},
		{"/creds", "/creds", ""},
		{"/creds", "/creds/", ""},
		{"/creds", "/creds2/orgs", NULL},
		{"/creds", "/cred", NULL},
		{"/creds", "/", NULL},
		{"/", "/orgs/acme", "orgs/acme"},
		{"/", "/", ""},
		{"/a/b", "/a/b//c", "c"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *below = location_below(rows[i].directory, rows[i].path);

		cr_assert_eq(!below, !rows[i].below, "%s", rows[i].path);
		if (below)
			cr_expect_str_eq(below, rows[i].below);
	}
}

Test(location, tells_what_lies_in_an_organisation)
{
	static const struct {
		const char *path, *rest;
	} rows[] = {
		{"orgs/acme", ""},
		{"orgs/acme/openai", "openai"},
		{"orgs/acme/projects/etl", "projects/etl"},
		{"orgs", NULL},
		{"use/acme/etl", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *rest = location_in_org(rows[i].path);

		cr_assert_eq(!rest, !rows[i].rest, "%s", rows[i].path);
		if (rest)
			cr_expect_str_eq(rest, rows[i].rest);
	}
}

Test(location, a_path_is_put_together_for_the_operating_system)
{
	CLEANUP_FREE char *inside = location_full("/creds", "orgs/acme");
	CLEANUP_FREE char *all = location_full("/creds", "");
	CLEANUP_FREE char *root = location_full("/", "orgs");

	cr_expect_str_eq(inside, "/creds/orgs/acme");
	cr_expect_str_eq(all, "/creds");
	cr_expect_str_eq(root, "/orgs");
}

Test(location, a_path_in_no_mount_is_told_apart_from_none)
{
	CLEANUP_LOCATION struct location location = {0};

	cr_expect_eq(location_find("/usr/bin", &location), -ENODEV);
	cr_expect_eq(location_find("/no/such/path", &location), -ENOENT);
	cr_expect_eq(location_find("/usr/bin/env/there", &location), -ENOTDIR);
	cr_expect_null(location.mount);
}
