#include "fs/follow.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

#include "store/sqlite.h"
#include "tests/acme.h"

/*
 * The same organisation in another process: a second connection to the store, with this host's own
 * recipient, or with that of another manager.
 */
struct other {
	struct fixture fixture;
	struct engine *engine;
	struct recipient *host, *manager;
	struct org *org;
};

static void other_load(struct other *other, const struct recipient *host)
{
	const struct pin *pin = pins_get(store_pins(other->fixture.store), 0);

	other->org = org_free(other->org);
	cr_assert_eq(
		org_load(other->engine, other->fixture.pool, host, &pin->fingerprint, &other->org),
		0);
}

static void other_init(struct other *other)
{
	static const uint8_t seed[RECIPIENT_SEED_SIZE] = {7}; /* the fixture's */

	*other = (struct other){.engine = NULL};
	acme_init(&other->fixture, "");
	cr_assert_eq(sqlite_join(other->fixture.settings->store_path, &other->engine), 0);
	cr_assert_eq(recipient_from_seed(other->fixture.pool, seed, &other->host), 0);
	cr_assert_eq(recipient_generate(other->fixture.pool, &other->manager), 0);
	other_load(other, other->host);
}

static void other_done(struct other *other)
{
	org_free(other->org);
	recipient_free(other->host);
	recipient_free(other->manager);
	engine_close(other->engine);
	fixture_done(&other->fixture);
}
#define OTHER CLEANUP(other_done) struct other

static const struct record_id top;

static const struct record *account_of(const struct other *other, const char *name)
{
	const struct record *account = org_child(other->org, top, RECORD_ACCOUNT, name);

	cr_assert_not_null(account, "no account %s", name);
	return account;
}

static const struct record *field_of(const struct other *other, const char *account,
				     const char *name)
{
	const struct record *field =
		org_child(other->org, account_of(other, account)->id, RECORD_FIELD, name);

	cr_assert_not_null(field, "no field %s", name);
	return field;
}

static void save_there(struct other *other, const struct record *record, const char *text)
{
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_RECORD struct record copy = {0};
	CLEANUP_SECRET struct secret *value = NULL;

	cr_assert_eq(record_copy(record, &copy), 0);
	copy.value_version = ++copy.value_last;
	copy.value_size = strlen(text);
	cr_assert_eq(secret_copy(other->fixture.pool, text, strlen(text), &value), 0);
	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(change_put(change, &copy), 0);
	cr_assert_eq(change_put_value(change, copy.id, copy.value_version, value), 0);
	cr_assert_eq(org_commit(other->org, change), 0);
}

static void rename_there(struct other *other, const struct record *record, const char *name)
{
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_RECORD struct record copy = {0};

	cr_assert_eq(record_copy(record, &copy), 0);
	free(copy.name);
	copy.name = strdup(name);
	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(change_put(change, &copy), 0);
	cr_assert_eq(org_commit(other->org, change), 0);
}

static void expect_value(struct other *other, const char *path, const char *value)
{
	char text[4096];

	cr_assert_eq(fixture_read(&other->fixture, path, text), 0, "%s", path);
	cr_expect_str_eq(text, value, "%s: %s", path, text);
}

/* What the kernel's watchers would be told of, a path a line. */
static char heard[1024];

static void hear(void *context, uint64_t inode, const char *path)
{
	(void)context, (void)inode;
	snprintf(heard + strlen(heard), sizeof heard - strlen(heard), "%s\n", path);
}

static void set_text_there(struct other *other, const struct record *record, const char *text)
{
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_RECORD struct record copy = {0};

	cr_assert_eq(record_copy(record, &copy), 0);
	free(copy.text);
	copy.text = strdup(text);
	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(change_put(change, &copy), 0);
	cr_assert_eq(org_commit(other->org, change), 0);
}

Test(follow, who_watches_a_file_that_another_process_changed_is_told)
{
	static const char *const watched[] = {KEY,
					      ACME "/unlinked/api_key",
					      ACME "/unlinked/provider",
					      OPENAI "/provider",
					      ACME "/roles/admin",
					      ETL "/roles/runner"};
	OTHER other;
	other_init(&other);

	for (size_t i = 0; i < sizeof watched / sizeof watched[0]; i++)
		view_know(&other.fixture, watched[i]);
	other.fixture.tree.announce = hear;
	save_there(&other, field_of(&other, "openai", "api_key"), "sk-three");
	follow_others(&other.fixture.tree);
	cr_expect_str_eq(heard, KEY "\n");
	heard[0] = '\0';
	set_text_there(&other, account_of(&other, "unlinked"), "mistral");
	set_text_there(&other, org_child(other.org, top, RECORD_ROLE, "admin"), "user:sys\n");
	follow_others(&other.fixture.tree);
	cr_expect_not_null(strstr(heard, ACME "/unlinked/provider\n"));
	cr_expect_not_null(strstr(heard, ACME "/roles/admin\n"));
	cr_expect_eq(strlen(heard), strlen(ACME "/unlinked/provider\n" ACME "/roles/admin\n"), "%s",
		     heard);
	heard[0] = '\0';
	rename_there(&other, account_of(&other, "openai"), "renamed");
	follow_others(&other.fixture.tree);
	cr_expect_str_eq(heard, "", "no file's content has changed");
	cr_assert_eq(fixture_put(&other.fixture, ACME "/renamed/api_key", "sk-proj-4\n"), 0);
	follow_others(&other.fixture.tree);
	cr_expect_str_eq(heard, "", "the kernel has seen that itself");
}

Test(follow, a_value_of_another_process_is_read_here)
{
	OTHER other;
	other_init(&other);
	uint64_t told;

	expect_value(&other, KEY, "sk-proj-22");
	save_there(&other, field_of(&other, "openai", "api_key"), "sk-three");
	told = other.fixture.invalidated;
	follow_others(&other.fixture.tree);
	expect_value(&other, KEY, "sk-three");
	expect_value(&other, KEY, "sk-three");
	told = other.fixture.invalidated;
	follow_others(&other.fixture.tree);
	cr_expect_eq(other.fixture.invalidated, told, "nothing is new");
}

Test(follow, a_name_of_another_process_is_found_here_and_the_former_is_not)
{
	OTHER other;
	other_init(&other);
	struct node node;

	rename_there(&other, account_of(&other, "unlinked"), "renamed");
	follow_others(&other.fixture.tree);
	cr_expect_eq(fixture_find(&other.fixture, ACME "/renamed/api_key", &node), 0);
	cr_expect_eq(fixture_find(&other.fixture, ACME "/unlinked", &node), -ENOENT);
}

Test(follow, a_right_that_another_process_took_is_taken_here)
{
	OTHER other;
	other_init(&other);
	CLEANUP_CALLER struct caller runner = acme_holder(ACME_RUNNER);
	CLEANUP(change_freep) struct change *change = NULL;
	const struct record *link;
	const struct record *etl = org_child(other.org, top, RECORD_PROJECT, "etl");
	struct node node;

	cr_assert_eq(fixture_find(&other.fixture, KEY, &node), 0);
	cr_assert_eq(access_bits(&other.fixture.tree, &node, &runner, 4), 0);
	cr_assert_not_null(etl);
	link = org_child(other.org, etl->id, RECORD_INHERIT, "openai");
	cr_assert_not_null(link);
	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(change_remove(change, link->id), 0);
	cr_assert_eq(org_commit(other.org, change), 0);
	follow_others(&other.fixture.tree);
	cr_expect_eq(access_bits(&other.fixture.tree, &node, &runner, 4), -EACCES);
}

/* A save here, after another process was first. */
Test(follow, a_save_goes_on_unless_the_other_changed_what_it_is_about)
{
	OTHER other;
	other_init(&other);

	save_there(&other, field_of(&other, "unlinked", "api_key"), "sk-elsewhere");
	cr_expect_eq(fixture_put(&other.fixture, KEY, "sk-here"), 0);
	expect_value(&other, KEY, "sk-here");
	expect_value(&other, ACME "/unlinked/api_key", "sk-elsewhere");

	other_load(&other, other.host);
	save_there(&other, field_of(&other, "openai", "api_key"), "sk-there");
	cr_expect_eq(fixture_put(&other.fixture, KEY, "sk-late"), -EIO);
	expect_value(&other, KEY, "sk-there");
	cr_expect_eq(fixture_put(&other.fixture, KEY, "sk-again"), 0);
	expect_value(&other, KEY, "sk-again");

	/* One name twice, and rights that changed. */
	other_load(&other, other.host);
	rename_there(&other, account_of(&other, "unlinked"), "taken");
	cr_expect_eq(fixture_make(&other.fixture, ACME "/taken", &fixture_root), -EIO);
	cr_expect_eq(fixture_make(&other.fixture, ACME "/taken", &fixture_root), -EEXIST);
	other_load(&other, other.host);
	rename_there(&other, org_child(other.org, top, RECORD_PROJECT, "etl"), "etl2");
	cr_expect_eq(fixture_make(&other.fixture, ACME "/new", &fixture_root), -EIO);
	cr_expect_eq(fixture_make(&other.fixture, ACME "/new", &fixture_root), 0);
}

/* The snapshot moved on with a save of our own, before the other's entry was followed. */
Test(follow, what_is_behind_is_followed_when_it_is_read)
{
	OTHER other;
	other_init(&other);
	const struct record *field = field_of(&other, "openai", "api_key");
	CLEANUP(change_freep) struct change *change = NULL;
	struct org *here = NULL;
	CLEANUP_SECRET struct secret *value = NULL;
	bool changed;

	/* The same version of a value, written anew: what the map has and the engine has differ. */
	cr_assert_eq(secret_copy(other.fixture.pool, "sk-same", 7, &value), 0);
	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(change_put_value(change, field->id, field->value_version, value), 0);
	cr_assert_eq(org_commit(other.org, change), 0);
	cr_assert_eq(store_renew(other.fixture.store, &changed), 0);
	cr_assert_eq(store_org(other.fixture.store, 0, &here), 0);
	cr_expect_lt(org_generation(here), org_generation(other.org));
	expect_value(&other, KEY, "sk-same");
	cr_expect_eq(org_generation(here), org_generation(other.org));
}

/* Let another manager in, who then has this host do what he allows. */
static void allow(struct other *other, enum capability can)
{
	struct rekey rekey = org_rekey(other->org);

	cr_assert_eq(rekey_put(&rekey, recipient_public(other->manager), CAN_MANAGE), 0);
	other_load(other, other->manager);
	rekey = org_rekey(other->org);
	if (can != CAN_MANAGE)
		cr_assert_eq(rekey_put(&rekey, recipient_public(other->host), can), 0);
	follow_others(&other->fixture.tree);
}

Test(follow, what_this_host_may_not_sign_is_a_read_only_file_system)
{
	static const enum capability all[] = {CAN_READ, CAN_WRITE, CAN_MANAGE};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		OTHER other;
		other_init(&other);
		struct fixture *fixture = &other.fixture;
		const int write = all[i] >= CAN_WRITE ? 0 : -EROFS;
		const int manage = all[i] >= CAN_MANAGE ? 0 : -EROFS;
		uint64_t number;
		char text[4096];

		allow(&other, all[i]);
		cr_expect_eq(fixture_read(fixture, KEY, text), 0);
		cr_expect_eq(fixture_read(fixture, ACME "/roles/owner", text), 0);
		cr_expect_eq(fixture_open(fixture, KEY, O_WRONLY, &fixture_root, &number), write);
		cr_expect_eq(fixture_put(fixture, KEY, "sk-new"), write);
		cr_expect_eq(fixture_put(fixture, OPENAI "/organization", "org-1"), write);
		if (write < 0)
			cr_expect_eq(fixture_put(fixture, OPENAI "/.api_key.swp", "x"), write);
		cr_expect_eq(fixture_put(fixture, OPENAI "/provider", "openai"), write);
		cr_expect_eq(fixture_make(fixture, ACME "/new", &fixture_root), write);
		cr_expect_eq(
			fixture_rename(fixture, ACME "/unlinked", ACME "/moved", &fixture_root),
			write);
		cr_expect_eq(fixture_remove(fixture, OPENAI "/api_base", &fixture_root), write);
		cr_expect_eq(fixture_make(fixture, ACME "/projects/new", &fixture_root), manage);
		cr_expect_eq(fixture_link(fixture, "../../openai", ETL "/second", &fixture_root),
			     manage);
		cr_expect_eq(fixture_remove(fixture, ETL "/openai", &fixture_root), manage);
		cr_expect_eq(fixture_put(fixture, ACME "/roles/member", "user:root\n"), manage);
		cr_expect_eq(fixture_put(fixture, ETL "/roles/runner", "user:root\n"), manage);
		/* Who has no right learns that first. */
		CLEANUP_CALLER struct caller nobody = acme_holder(ACME_NOBODY);
		cr_expect_eq(fixture_make(fixture, ACME "/more", &nobody), -EACCES);
		view_expect_part(fixture, ".status",
				 all[i] == CAN_READ    ? " can=read "
				 : all[i] == CAN_WRITE ? " can=write "
						       : " can=manage ");
	}
}

Test(follow, a_host_that_was_removed_serves_nothing_any_more)
{
	OTHER other;
	other_init(&other);
	char text[4096];
	struct rekey rekey;

	allow(&other, CAN_MANAGE);
	rekey = org_rekey(other.org);
	cr_assert_eq(rekey_remove(&rekey, recipient_public_id(recipient_public(other.host))), 0);
	follow_others(&other.fixture.tree);
	cr_expect_eq(fixture_read(&other.fixture, KEY, text), -EIO);
	cr_expect_eq(fixture_put(&other.fixture, KEY, "sk-new"), -EIO);
}

Test(follow, rows_are_sealed_anew_batch_by_batch)
{
	OTHER other;
	other_init(&other);
	const struct rekey rekey = org_rekey(other.org);
	struct org *here = NULL;
	size_t steps = 0;

	cr_expect_not(follow_reseal(&other.fixture.tree));
	cr_assert_eq(rekey_rotate(&rekey), 0);
	follow_others(&other.fixture.tree);
	view_expect_part(&other.fixture, ".status", " epoch=2 to-reseal=");
	while (follow_reseal(&other.fixture.tree))
		cr_assert_lt(steps++, 10);
	cr_expect_gt(steps, 0);
	cr_assert_eq(store_org(other.fixture.store, 0, &here), 0);
	cr_expect_eq(org_membership(here)->epoch_count, 1);
	expect_value(&other, KEY, "sk-proj-22");
	cr_expect_eq(fixture_put(&other.fixture, KEY, "sk-three"), 0);
}
