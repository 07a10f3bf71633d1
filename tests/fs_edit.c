#include "fs/edit.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/acme.h"
#include "tests/host.h"
#include "tests/names.h"

static struct edit edit_of(struct fixture *fixture, const struct node *directory, const char *name)
{
	return (struct edit){&fixture->tree, &fixture_root, directory, name};
}

Test(edit, gives_a_name_that_a_directory_can_have)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node directory;

	acme_init(&fixture, "");
	directory = view_node(&fixture, ACME);
	for (size_t i = 0; i < NAMES; i++) {
		const struct edit edit = edit_of(&fixture, &directory, names[i].name);

		cr_expect_eq(edit_name(&edit), names[i].expected, "%zu", i);
	}
}

Test(edit, leaves_the_names_alone_that_the_configuration_gives_to_editors)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct node orgs = {.kind = NODE_ORGS, .pin = NO_PIN};
	struct edit edit;

	fixture_init(&fixture, "[scratch]\npatterns = *.swap draft-?\n");
	edit = edit_of(&fixture, &orgs, "x.swap");
	cr_expect_eq(edit_name(&edit), -EINVAL);
	edit.name = "draft-1";
	cr_expect_eq(edit_name(&edit), -EINVAL);
	edit.name = "draft-12";
	cr_expect_eq(edit_name(&edit), 0);
	edit.name = "x.bak";
	cr_expect_eq(edit_name(&edit), 0);
	edit.name = ".x";
	cr_expect_eq(edit_name(&edit), -EINVAL, "a leading dot never");
}

Test(edit, makes_a_record_of_now_with_an_id_of_its_own)
{
	CLEANUP_RECORD struct record one = {0};
	CLEANUP_RECORD struct record two = {0};
	const struct record_id parent = {{5}};
	const uint64_t before = tree_now();

	cr_assert_eq(edit_record(RECORD_ACCOUNT, parent, "openai", &one), 0);
	cr_assert_eq(edit_record(RECORD_ACCOUNT, parent, "openai", &two), 0);
	cr_expect_not(record_id_equal(one.id, two.id));
	cr_expect(record_id_equal(one.parent, parent));
	cr_expect_eq(one.kind, RECORD_ACCOUNT);
	cr_expect_str_eq(one.name, "openai");
	cr_expect_eq(one.created, one.updated);
	cr_expect(one.created >= before && one.created <= tree_now());
}

Test(edit, renames_a_copy_and_nothing_else_of_it)
{
	CLEANUP_RECORD struct record record = {0};
	CLEANUP_RECORD struct record renamed = {0};

	cr_assert_eq(edit_record(RECORD_ACCOUNT, (struct record_id){{5}}, "openai", &record), 0);
	record.text = strdup("openai");
	record.updated = 1;
	cr_assert_eq(edit_renamed(&record, "new name", &renamed), 0);
	cr_expect_str_eq(renamed.name, "new name");
	cr_expect_str_eq(renamed.text, "openai");
	cr_expect(record_id_equal(renamed.id, record.id));
	cr_expect_eq(renamed.created, record.created);
	cr_expect_gt(renamed.updated, record.updated);
	cr_expect_str_eq(record.name, "openai");
}

/* Whoever removes everything comes to what cannot be removed first. */
Test(edit, stops_one_who_removes_for_ten_seconds_after_his_last_attempt)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node org;
	struct edit edit;

	acme_init(&fixture, "");
	org = view_node(&fixture, ACME);
	edit = edit_of(&fixture, &org, "roles");
	cr_expect_not(edit_is_stopped(&edit));
	edit_stop_removing(&edit);
	cr_expect(edit_is_stopped(&edit));
	host_clock_forward(9);
	cr_expect(edit_is_stopped(&edit));
	host_clock_forward(18);
	cr_expect(edit_is_stopped(&edit), "he tried again nine seconds ago");
	host_clock_forward(29);
	cr_expect_not(edit_is_stopped(&edit), "the number may be another's now");
}

Test(edit, stops_nobody_else_and_nowhere_else)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller other = {.uid = 0, .pid = 2, .groups_known = true};
	struct node org, rival;
	struct edit edit;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_make(&fixture, "orgs/rival", &fixture_root), 0);
	org = view_node(&fixture, ACME);
	rival = view_node(&fixture, "orgs/rival");
	edit = edit_of(&fixture, &org, "roles");
	edit_stop_removing(&edit);
	edit.caller = &other;
	cr_expect_not(edit_is_stopped(&edit));
	edit = edit_of(&fixture, &rival, "roles");
	cr_expect_not(edit_is_stopped(&edit));
}

Test(edit, that_cannot_be_written_changes_nothing)
{
	CLEANUP_FIXTURE struct fixture fixture;
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_RECORD struct record unsound = {0};
	struct org *org = NULL;
	struct node node;
	struct edit edit;

	acme_init(&fixture, "");
	node = view_node(&fixture, ACME);
	edit = edit_of(&fixture, &node, "new");
	cr_assert_eq(edit_begin(&edit, &org, &change), 0);
	cr_assert_eq(edit_record(RECORD_PROJECT, node.id, "a/b", &unsound), 0);
	cr_assert_eq(change_put(change, &unsound), 0);
	cr_expect_eq(edit_commit(&fixture.tree, &node, org, change), -EIO);
	view_expect_list(&fixture, ACME "/projects", &fixture_root, "etl");
	view_expect(&fixture, KEY, "sk-proj-22");
}

Test(edit, has_no_organisation_where_there_is_none)
{
	CLEANUP(change_freep) struct change *change = NULL;
	const struct node orgs = {.kind = NODE_ORGS, .pin = NO_PIN};
	CLEANUP_FIXTURE struct fixture fixture;
	struct org *org = NULL;
	struct edit edit;

	fixture_init(&fixture, "");
	edit = edit_of(&fixture, &orgs, "new");
	cr_expect_eq(edit_begin(&edit, &org, &change), -ENOENT);
	cr_expect_null(change);
}
