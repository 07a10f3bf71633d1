#include "fs/top.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

#include "tests/acme.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct {
	const char *name;
	enum node_kind kind;
	int expected;
} children[] = {
	{"orgs", NODE_ORGS, 0},
	{"providers", NODE_PROVIDERS, 0},
	{".status", NODE_DAEMON, 0},
	{"use", NODE_USE, 0},
	{"", 0, -ENOENT},
	{".", 0, -ENOENT},
	{"acme", 0, -ENOENT},
	{".xdg-volume-info", 0, -ENOENT},
};

Test(top, has_the_organisations_the_providers_and_the_daemons_state)
{
	const struct node root = {.kind = NODE_ROOT, .pin = NO_PIN};
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_init(&fixture, "");
	for (size_t i = 0; i < COUNT(children); i++) {
		struct node node = {0};

		cr_expect_eq(
			root_lookup(&fixture.tree, &root, children[i].name, &fixture_root, &node),
			children[i].expected, "%s", children[i].name);
		cr_expect_eq(node.kind, children[i].kind, "%s", children[i].name);
	}
	view_expect_list(&fixture, "", &fixture_root, "orgs providers use");
}

Test(top, nothing_can_be_made_in_it)
{
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_init(&fixture, "");
	cr_expect_eq(fixture_make(&fixture, "/new", &fixture_root), -EPERM);
	cr_expect_eq(fixture_make(&fixture, "providers/new", &fixture_root), -EPERM);
	cr_expect_eq(fixture_put(&fixture, "providers/new", "x\n"), -EPERM);
	cr_expect_eq(fixture_link(&fixture, "orgs", "/link", &fixture_root), -EPERM);
	cr_expect_eq(fixture_remove(&fixture, "/orgs", &fixture_root), -EPERM);
	cr_expect_eq(fixture_remove(&fixture, "providers/openai", &fixture_root), -EPERM);
	cr_expect_eq(fixture_rename(&fixture, "/orgs", "/organisations", &fixture_root), -EPERM);
}

Test(top, describes_each_provider_of_the_catalogue)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node node;

	fixture_init(&fixture, "");
	for (size_t i = 0; i < catalogue_count(fixture.catalogue); i++) {
		const struct provider *provider = catalogue_get(fixture.catalogue, i);
		CLEANUP_FREE char *text = NULL;
		char path[128], names[4096];

		snprintf(path, sizeof path, "providers/%s", provider->id);
		cr_assert_eq(provider_describe(provider, &text), 0);
		view_expect(&fixture, path, text);
		view_list(&fixture, "providers", &fixture_root, names);
		cr_expect_not_null(strstr(names, provider->id), "%s", names);
	}
	cr_expect_eq(fixture_find(&fixture, "providers/no-such-provider", &node), -ENOENT);
}

static const char *const keys[] = {
	"version: ",	    "\npid: ",	  "\nstarted: 20",	     "\nengine: sqlite\n",
	"\nlocked-bytes: ", "\ninodes: ", "\ndeleted: overwritten\n"};

Test(top, tells_how_the_daemon_is)
{
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_init(&fixture, "");
	for (size_t i = 0; i < COUNT(keys); i++)
		view_expect_part(&fixture, ".status", keys[i]);
	view_expect_no_part(&fixture, ".status", "organisation: ");
}

Test(top, tells_of_each_organisation_without_loading_it)
{
	CLEANUP_FIXTURE struct fixture fixture;
	char line[128];
	struct org *org = NULL;

	acme_init(&fixture, "");
	cr_assert_eq(store_org(fixture.store, 0, &org), 0);
	snprintf(line, sizeof line, " generation=%llu changed=20",
		 (unsigned long long)org_generation(org));
	view_expect_part(&fixture, ".status", "\norganisation: acme fingerprint=");
	view_expect_part(&fixture, ".status", line);
	view_expect_part(&fixture, ".status", " damaged=0\n");
	fixture_restart(&fixture);
	view_expect_part(&fixture, ".status", " not-loaded\n");
	cr_expect_null(store_org_loaded(fixture.store, 0));
}

Test(top, tells_of_damage)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	fixture_tamper(&fixture, "UPDATE item SET ct = zeroblob(length(ct)) WHERE kind = 3");
	view_node(&fixture, OPENAI);
	view_expect_part(&fixture, ".status", " damaged=1\n");
}
