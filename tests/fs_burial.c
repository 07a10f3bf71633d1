#include "fs/burial.h"

#include <criterion/criterion.h>

#include "tests/acme.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct {
	const char *configuration;
	bool history;
} stores[] = {{"", true}, {"[history]\nkeep = 0\n", false}};

Test(burial, what_was_removed_before_a_death_is_put_back_after_it)
{
	for (size_t i = 0; i < COUNT(stores); i++) {
		CLEANUP_FIXTURE struct fixture fixture;
		const struct caller owner = acme_holder(ACME_OWNER);

		acme_init(&fixture, stores[i].configuration);
		cr_assert_eq(fixture_remove(&fixture, KEY, &owner), 0);
		fixture_restart(&fixture);
		cr_expect_eq(fixture_put(&fixture, KEY, "sk-ant-refused\n"), -EKEYREJECTED);
		view_expect(&fixture, KEY, "sk-proj-22");
		view_expect_part(&fixture, OPENAI "/.status", "last-error: begins with another");
		/* Not by one who may not write it. */
		cr_assert_eq(fixture_remove(&fixture, OWN "/api_key", &owner), 0);
		fixture_restart(&fixture);
		cr_expect_eq(fixture_save(&fixture, OWN "/api_key", "sk-ant-refused\n",
					  &(struct caller){.uid = 4, .groups_known = true})
				     .open,
			     -EACCES);
		cr_expect_eq(fixture_remove(&fixture, OWN "/api_key", &fixture_root), -ENOENT);
	}
}

/* Make the removal look older than it is. */
static void age(struct fixture *fixture, const struct node *field, uint64_t seconds)
{
	CLEANUP(change_freep) struct change *change = NULL;
	struct org *org = NULL;
	struct record record;

	cr_assert_eq(tree_org(&fixture->tree, field, &org), 0);
	record = *org_record(org, field->id);
	record.updated -= seconds * 1000000000u;
	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(change_put(change, &record), 0);
	cr_assert_eq(org_commit(org, change), 0);
}

static size_t left_of(struct fixture *fixture, const struct node *field)
{
	struct org *org = NULL;
	uint64_t versions[16];

	cr_assert_eq(tree_org(&fixture->tree, field, &org), 0);
	return org_value_versions(org, field->id, versions, COUNT(versions));
}

Test(burial, what_nobody_can_want_back_is_erased_unless_history_is_kept)
{
	for (size_t i = 0; i < COUNT(stores); i++) {
		CLEANUP_FIXTURE struct fixture fixture;
		struct node key, own;

		acme_init(&fixture, stores[i].configuration);
		key = view_node(&fixture, KEY);
		own = view_node(&fixture, OWN "/api_key");
		cr_assert_eq(fixture_remove(&fixture, KEY, &fixture_root), 0);
		cr_assert_eq(fixture_remove(&fixture, OWN "/api_key", &fixture_root), 0);
		age(&fixture, &own, 11);
		fixture_restart(&fixture);
		burial_tend(&fixture.tree);
		cr_expect_eq(store_org_loaded(fixture.store, 0), NULL, "nobody has touched it");
		cr_expect_eq(left_of(&fixture, &own), stores[i].history);
		cr_expect_geq(left_of(&fixture, &key), 1, "it may be put back for some seconds");
		cr_expect_eq(fixture_put(&fixture, OWN "/api_key", "sk-ant-refused\n"),
			     -EKEYREJECTED);
		cr_expect_eq(fixture_remove(&fixture, OWN "/api_key", &fixture_root), -ENOENT);
		view_expect(&fixture, ACME "/unlinked/api_key", "sk-proj-3");
	}
}

Test(burial, an_erasure_that_failed_is_tried_again)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node key;

	acme_init(&fixture, "[history]\nkeep = 0\n");
	burial_tend(&fixture.tree);
	key = view_node(&fixture, KEY);
	cr_assert_eq(fixture_remove(&fixture, KEY, &fixture_root), 0);
	tombstones_drop(&fixture.tree.tombstones, key.id);
	burial_tend(&fixture.tree);
	cr_expect_eq(left_of(&fixture, &key), 1);
	burial_again(&fixture.tree, key.pin);
	fixture.tree.unwritable = -ENOSPC;
	fixture.tree.probed = tree_monotonic();
	burial_tend(&fixture.tree);
	cr_expect_eq(left_of(&fixture, &key), 1, "the store cannot be written");
	fixture.tree.probed = 0;
	burial_tend(&fixture.tree);
	cr_expect_eq(left_of(&fixture, &key), 0);
}
