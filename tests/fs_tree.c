#include "fs/tree.h"

#include <criterion/criterion.h>
#include <nss.h>
#include <string.h>

#include "fs/kind.h"
#include "tests/acme.h"
#include "tests/host.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* One of each kind that is stored, and some of the same kind. */
static const char *const paths[] = {
	"",
	".status",
	"providers",
	"providers/openai",
	"providers/anthropic",
	"orgs",
	ACME,
	ACME "/projects",
	ETL,
	ETL "/openai",
	ACME "/roles",
	ETL "/roles",
	ACME "/roles/owner",
	ACME "/roles/admin",
	ETL "/roles/runner",
	ETL "/roles/maintainer",
	OPENAI,
	OPENAI "/provider",
	OPENAI "/.info",
	OPENAI "/.status",
	OPENAI "/.history",
	KEY,
	OPENAI "/api_base",
	OPENAI "/.history/api_key",
	OPENAI "/.history/api_key/1",
	ACME "/unlinked",
	OWN,
	OWN "/provider",
	OWN "/api_key",
	/* The same again, in another organisation. */
	"orgs/rival",
	"orgs/rival/projects",
	"orgs/rival/roles",
	"orgs/rival/roles/owner",
	"orgs/rival/openai",
	"orgs/rival/openai/provider",
};

static uint64_t number_of(struct fixture *fixture, const char *path)
{
	const struct node node = view_node(fixture, path);

	return tree_inode(&fixture->tree, &node);
}

static void begin(struct fixture *fixture)
{
	acme_init(fixture, "");
	cr_assert_eq(fixture_make(fixture, "orgs/rival", &fixture_root), 0);
	cr_assert_eq(fixture_make(fixture, "orgs/rival/openai", &fixture_root), 0);
}

Test(tree, every_node_has_an_inode_number_of_its_own)
{
	CLEANUP_FIXTURE struct fixture fixture;
	uint64_t numbers[COUNT(paths)];

	begin(&fixture);
	for (size_t i = 0; i < COUNT(paths); i++) {
		numbers[i] = number_of(&fixture, paths[i]);
		cr_expect_neq(numbers[i], 0, "%s", paths[i]);
		for (size_t j = 0; j < i; j++)
			cr_expect_neq(numbers[i], numbers[j], "%s, %s", paths[i], paths[j]);
	}
	cr_expect_eq(numbers[0], 1, "the root's");
}

Test(tree, the_next_daemon_has_the_same_inode_numbers)
{
	CLEANUP_FIXTURE struct fixture fixture;
	uint64_t numbers[COUNT(paths)];

	begin(&fixture);
	for (size_t i = 0; i < COUNT(paths); i++)
		numbers[i] = number_of(&fixture, paths[i]);
	fixture_restart(&fixture);
	for (size_t i = 0; i < COUNT(paths); i++)
		cr_expect_eq(number_of(&fixture, paths[i]), numbers[i], "%s", paths[i]);
}

Test(tree, the_number_of_a_role_is_that_of_its_name_not_of_its_place)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct role *roles;
	struct role first;
	uint64_t number;

	begin(&fixture);
	number = number_of(&fixture, ACME "/roles/owner");
	roles = fixture.settings->roles.list;
	first = roles[0];
	roles[0] = roles[1];
	roles[1] = first;
	cr_expect_eq(number_of(&fixture, ACME "/roles/owner"), number);
}

Test(tree, a_new_account_of_the_same_name_has_another_number)
{
	CLEANUP_FIXTURE struct fixture fixture;
	uint64_t account, field;

	begin(&fixture);
	account = number_of(&fixture, OPENAI);
	field = number_of(&fixture, KEY);
	acme_remove_whole(&fixture, OPENAI);
	cr_assert_eq(fixture_make(&fixture, OPENAI, &fixture_root), 0);
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-proj-1\n"), 0);
	cr_expect_neq(number_of(&fixture, OPENAI), account);
	cr_expect_neq(number_of(&fixture, KEY), field);
}

Test(tree, a_field_that_is_saved_or_moved_keeps_its_number)
{
	CLEANUP_FIXTURE struct fixture fixture;
	uint64_t number;

	begin(&fixture);
	number = number_of(&fixture, KEY);
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-proj-333\n"), 0);
	cr_expect_eq(number_of(&fixture, KEY), number);
	cr_assert_eq(fixture_rename(&fixture, KEY, OPENAI "/webhook_secret", &fixture_root), 0);
	cr_expect_eq(number_of(&fixture, OPENAI "/webhook_secret"), number);
}

/* What a save changes in the eyes of others: the field, its account, and what describes them. */
static const struct {
	const char *path;
	bool told;
} saved[] = {
	{KEY, true},
	{OPENAI, true},
	{OPENAI "/provider", true},
	{OPENAI "/.info", true},
	{OPENAI "/.status", true},
	{OPENAI "/api_base", false},
	{ACME, false},
	{ACME "/roles/owner", false},
	{ETL "/openai", false},
	{ACME "/unlinked", false},
	{ACME "/unlinked/api_key", false},
	{"orgs/rival/openai", false},
	{"orgs", false},
	{"", false},
};

static void expect_told(struct fixture *fixture, const struct node *nodes)
{
	for (size_t i = 0; i < COUNT(saved); i++)
		cr_expect_eq(view_was_told(fixture, &nodes[i]), saved[i].told, "%s", saved[i].path);
}

Test(tree, a_field_that_is_saved_or_removed_is_made_known)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node nodes[COUNT(saved)];

	begin(&fixture);
	for (size_t i = 0; i < COUNT(saved); i++)
		nodes[i] = view_know(&fixture, saved[i].path);
	fixture.invalidated = 0;
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-proj-333\n"), 0);
	expect_told(&fixture, nodes);
	fixture.invalidated = 0;
	cr_assert_eq(fixture_remove(&fixture, KEY, &fixture_root), 0);
	expect_told(&fixture, nodes);
	fixture.invalidated = 0;
	tree_account_changed(&fixture.tree, 0, nodes[1].id, nodes[0].id);
	expect_told(&fixture, nodes);
	cr_expect_eq(fixture.invalidated, 5);
}

Test(tree, a_refusal_is_made_known_where_its_reason_stands)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node status, key;

	begin(&fixture);
	status = view_know(&fixture, OPENAI "/.status");
	key = view_know(&fixture, KEY);
	fixture.invalidated = 0;
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-ant-1\n"), -EKEYREJECTED);
	cr_expect(view_was_told(&fixture, &status));
	cr_expect(view_was_told(&fixture, &key), "the kernel followed the writes with its size");
}

Test(tree, the_kernel_is_not_told_of_what_it_does_not_know)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node key;

	begin(&fixture);
	key = view_node(&fixture, KEY);
	fixture.invalidated = 0;
	tree_invalidate(&fixture.tree, &key);
	tree_account_changed(&fixture.tree, 0, view_node(&fixture, OPENAI).id, key.id);
	tree_access_changed(&fixture.tree, 0);
	cr_expect_eq(fixture.invalidated, 0);
	view_know(&fixture, KEY);
	tree_invalidate(&fixture.tree, &key);
	cr_expect_eq(fixture.invalidated, 1);
	cr_expect(view_was_told(&fixture, &key));
}

/* Every edit after which somebody may have other rights than before. */
static int change_role(struct fixture *fixture)
{
	return fixture_put(fixture, ACME "/roles/member", "user:backup\n");
}

static int change_projects_role(struct fixture *fixture)
{
	return fixture_remove(fixture, ETL "/roles/runner", &fixture_root);
}

static int change_provider(struct fixture *fixture)
{
	return fixture_put(fixture, OPENAI "/provider", "generic\n");
}

static int make_link(struct fixture *fixture)
{
	return fixture_link(fixture, "../../unlinked", ETL "/unlinked", &fixture_root);
}

static int remove_link(struct fixture *fixture)
{
	return fixture_remove(fixture, ETL "/openai", &fixture_root);
}

static int remove_account(struct fixture *fixture)
{
	acme_remove_whole(fixture, ACME "/unlinked");
	return 0;
}

static int rename_account(struct fixture *fixture)
{
	return fixture_rename(fixture, OPENAI, ACME "/renamed", &fixture_root);
}

static int remove_project(struct fixture *fixture)
{
	int r = fixture_make(fixture, ACME "/projects/empty", &fixture_root);

	return r < 0 ? r : fixture_remove(fixture, ACME "/projects/empty", &fixture_root);
}

static int (*const changes[])(struct fixture *fixture) = {
	change_role, change_projects_role, change_provider, make_link,
	remove_link, remove_account,	   rename_account,  remove_project,
};

Test(tree, a_change_of_rights_takes_back_all_that_was_told_of_the_organisation)
{
	static const char *const inside[] = {ACME, ACME "/roles/owner", ETL, OPENAI,
					     KEY,  OWN "/api_key"};
	static const char *const outside[] = {"", "orgs", "providers", "orgs/rival",
					      "orgs/rival/openai"};

	for (size_t change = 0; change < COUNT(changes); change++) {
		CLEANUP_FIXTURE struct fixture fixture;
		struct node nodes[COUNT(inside)], others[COUNT(outside)];
		uint64_t generation, rivals;

		begin(&fixture);
		for (size_t i = 0; i < COUNT(inside); i++)
			nodes[i] = view_know(&fixture, inside[i]);
		for (size_t i = 0; i < COUNT(outside); i++)
			others[i] = view_know(&fixture, outside[i]);
		generation = tree_org_state(&fixture.tree, 0)->access_generation;
		rivals = tree_org_state(&fixture.tree, 1)->access_generation;
		fixture.invalidated = 0;
		cr_assert_eq(changes[change](&fixture), 0, "%zu", change);
		for (size_t i = 0; i < COUNT(inside); i++)
			cr_expect(view_was_told(&fixture, &nodes[i]), "%zu: %s", change, inside[i]);
		for (size_t i = 0; i < COUNT(outside); i++)
			cr_expect_not(view_was_told(&fixture, &others[i]), "%zu: %s", change,
				      outside[i]);
		cr_expect_gt(tree_org_state(&fixture.tree, 0)->access_generation, generation);
		cr_expect_eq(tree_org_state(&fixture.tree, 1)->access_generation, rivals);
	}
}

Test(tree, a_change_of_names_takes_back_everything)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const uint64_t before = tree_monotonic();

	begin(&fixture);
	view_know(&fixture, "orgs");
	view_know(&fixture, ACME);
	view_know(&fixture, "orgs/rival");
	fixture.invalidated = 0;
	tree_access_changed(&fixture.tree, NO_PIN);
	cr_expect_eq(fixture.invalidated, 4, "and the root");
	for (size_t i = 0; i < 3; i++) {
		const size_t pins[] = {0, 1, NO_PIN};
		const struct tree_org *state = tree_org_state(&fixture.tree, pins[i]);

		cr_expect_gt(state->access_generation, 1);
		cr_expect_geq(state->access_changed, before);
		cr_expect_leq(state->access_changed, tree_monotonic());
	}
}

/* %s: which organisation. */
static const char *const damages[] = {
	"UPDATE log SET entry = zeroblob(length(entry)) WHERE gen = 1 AND org = x'%s'",
	"UPDATE log SET entry = zeroblob(length(entry)) WHERE gen = 3 AND org = x'%s'",
	"UPDATE log SET hash = zeroblob(32) WHERE gen = 2 AND org = x'%s'",
	"DELETE FROM log WHERE gen = 2 AND org = x'%s'",
	"DELETE FROM log WHERE org = x'%s'",
	"DELETE FROM wrap WHERE org = x'%s'",
	"UPDATE wrap SET ct = zeroblob(length(ct)) WHERE org = x'%s'",
};

static void damage(struct fixture *fixture, const char *form)
{
	const struct digest *fingerprint = &pins_get(store_pins(fixture->store), 0)->fingerprint;
	char hex[2 * ID_SIZE + 1];
	char sql[256];

	for (size_t i = 0; i < ID_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", fingerprint->bytes[i]);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(sql, sizeof sql, form, hex);
#pragma GCC diagnostic pop
	fixture_tamper(fixture, sql);
}

Test(tree, an_organisation_that_cannot_be_read_is_eio_and_leaves_the_others_alone)
{
	for (size_t i = 0; i < COUNT(damages); i++) {
		const struct node acme = {.kind = NODE_ORG, .pin = 0};
		CLEANUP_FIXTURE struct fixture fixture;
		struct org *org = NULL;
		struct node node;

		begin(&fixture);
		damage(&fixture, damages[i]);
		cr_expect_eq(tree_org(&fixture.tree, &acme, &org), -EIO, "%s", damages[i]);
		cr_expect_eq(fixture_find(&fixture, ACME, &node), 0);
		cr_expect_eq(fixture_find(&fixture, OPENAI, &node), -EIO);
		cr_expect_neq(tree_org_state(&fixture.tree, 0)->trouble, 0);
		view_expect(&fixture, "orgs/rival/openai/provider", "openai");
		cr_expect_eq(tree_org_state(&fixture.tree, 1)->trouble, 0);
		view_expect_part(&fixture, ".status", " error=\"");
	}
}

Test(tree, an_organisation_that_could_not_be_loaded_is_tried_again_after_a_second)
{
	const struct node acme = {.kind = NODE_ORG, .pin = 0};
	CLEANUP_FIXTURE struct fixture fixture;
	struct tree_org *state;
	struct org *org = NULL;

	begin(&fixture);
	damage(&fixture, damages[0]);
	cr_assert_eq(tree_org(&fixture.tree, &acme, &org), -EIO);
	state = tree_org_state(&fixture.tree, 0);
	/* Whoever tried would log this one. */
	state->trouble = -ENOTUNIQ;
	cr_expect_eq(tree_org(&fixture.tree, &acme, &org), -EIO);
	cr_expect_eq(state->trouble, -ENOTUNIQ);
	host_clock_forward(2);
	cr_expect_eq(tree_org(&fixture.tree, &acme, &org), -EIO);
	cr_expect_neq(state->trouble, -ENOTUNIQ);
}

Test(tree, what_lies_in_no_organisation_has_none)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct org *org = NULL;
	struct node providers;

	begin(&fixture);
	providers = view_node(&fixture, "providers");
	cr_expect_eq(tree_org(&fixture.tree, &providers, &org), -ENOENT);
	cr_expect_eq(tree_org_state(&fixture.tree, NO_PIN), &fixture.tree.outside);
}

static const struct {
	const char *path;
	const char *account; /* NULL: none */
	const char *field;
} accounts[] = {
	{OPENAI, "openai", "openai"},
	{OPENAI "/provider", "openai", "openai"},
	{OPENAI "/.status", "openai", "openai"},
	{KEY, "openai", "api_key"},
	{OPENAI "/.history/api_key/1", "openai", "api_key"},
	{OWN "/api_key", "own", "api_key"},
	{ETL, NULL, "etl"},
	{ETL "/openai", NULL, "openai"},
	{ACME "/roles", NULL, "acme"},
};

Test(tree, a_node_belongs_to_an_account)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct org *org = NULL;

	begin(&fixture);
	cr_assert_eq(store_org(fixture.store, 0, &org), 0);
	for (size_t i = 0; i < COUNT(accounts); i++) {
		const struct node node = view_node(&fixture, accounts[i].path);
		const struct record *account = tree_account(&fixture.tree, org, &node);
		const char *name = tree_field_name(&fixture.tree, org, &node);

		cr_expect_eq(account == NULL, accounts[i].account == NULL, "%s", accounts[i].path);
		if (account && accounts[i].account)
			cr_expect_str_eq(account->name, accounts[i].account);
		cr_assert_not_null(name);
		cr_expect_str_eq(name, accounts[i].field, "%s", accounts[i].path);
	}
}

/* The catalogue of this host may lack what another host's has. */
Test(tree, a_provider_that_is_unknown_here_is_generic)
{
	static char known[] = "openai", unknown[] = "no-such-provider";
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_init(&fixture, "");
	cr_expect_str_eq(tree_provider(&fixture.tree, &(struct record){.text = known})->id,
			 "openai");
	cr_expect_str_eq(tree_provider(&fixture.tree, &(struct record){.text = unknown})->id,
			 "generic");
	cr_expect_str_eq(tree_provider(&fixture.tree, &(struct record){.text = NULL})->id,
			 "generic");
}

Test(tree, there_is_room_for_each_organisation_that_is_made)
{
	CLEANUP_FIXTURE struct fixture fixture;

	fixture_init(&fixture, "");
	for (size_t i = 0; i < 20; i++) {
		char path[32];

		snprintf(path, sizeof path, "orgs/org%zu", i);
		cr_assert_eq(fixture_make(&fixture, path, &fixture_root), 0);
		cr_assert_gt(fixture.tree.org_count, i);
		cr_expect_eq(tree_org_state(&fixture.tree, i)->access_generation, 1);
	}
}

static void forget(void *context, uint64_t directory, const char *name)
{
	uint64_t *found = context;

	cr_expect_str_eq(name, "api_key");
	*found = directory;
}

Test(tree, a_name_is_forgotten_in_its_directory)
{
	CLEANUP_FIXTURE struct fixture fixture;
	uint64_t found = 0;
	struct node account;

	begin(&fixture);
	account = view_node(&fixture, OPENAI);
	tree_forget_name(&fixture.tree, &account, "api_key");
	fixture.tree.forget_name = forget;
	fixture.tree.kernel = &found;
	tree_forget_name(&fixture.tree, &account, "api_key");
	cr_expect_eq(found, tree_inode(&fixture.tree, &account));
}
