#include "store/store.h"

#include <criterion/criterion.h>

#include "tests/place.h"

#define STORE CLEANUP(store_closep) struct store
#define CHANGE CLEANUP(change_freep) struct change

struct world {
	struct place place;
	struct secret_pool *pool;
	uint8_t seed[RECIPIENT_SEED_SIZE];
};

static void world_init(struct world *world)
{
	*world = (struct world){.place = place_new(), .seed = {7}};
	cr_assert_eq(secret_pool_new(4 << 20, &world->pool), 0);
}

static void world_done(struct world *world)
{
	secret_pool_free(world->pool);
	place_done(&world->place);
}
#define WORLD CLEANUP(world_done) struct world

static struct identity identity_of(const struct world *world)
{
	struct identity identity = {.has_recovery = true};

	cr_assert_eq(recipient_from_seed(world->pool, world->seed, &identity.host), 0);
	identity.recovery = *recipient_public(identity.host);
	identity.recovery.box[0] ^= 1;
	return identity;
}

static void create(const struct world *world)
{
	CLEANUP_IDENTITY struct identity identity = identity_of(world);

	cr_assert_eq(store_create(world->place.store, world->place.pins, &identity), 0);
}

static int try_open(const struct world *world, struct store **ret)
{
	CLEANUP_IDENTITY struct identity identity = identity_of(world);
	int r = store_open(world->pool, world->place.store, world->place.pins, &identity, ret);

	cr_expect_eq(!identity.host, r == 0, "an identity is taken on success, and only then");
	return r;
}

static struct store *open_store(const struct world *world)
{
	struct store *store = NULL;

	cr_assert_eq(try_open(world, &store), 0);
	return store;
}

static struct org *org_of(struct store *store, size_t index)
{
	struct org *org = NULL;

	cr_assert_eq(store_org(store, index, &org), 0);
	return org;
}

static const struct record_id account_id = {{1}}, field_id = {{2}};

static void put_field(struct change *change, const struct secret *value, uint64_t version)
{
	static char account_name[] = "openai", field_name[] = "api_key";
	const struct record account = {
		.id = account_id, .kind = RECORD_ACCOUNT, .name = account_name};
	const struct record field = {.id = field_id,
				     .kind = RECORD_FIELD,
				     .parent = account_id,
				     .name = field_name,
				     .value_version = version};

	cr_assert_eq(change_put(change, &account), 0);
	cr_assert_eq(change_put(change, &field), 0);
	cr_assert_eq(change_put_value(change, field_id, version, value), 0);
}

Test(store, a_new_store_is_created_once)
{
	WORLD world;
	world_init(&world);
	CLEANUP_IDENTITY struct identity identity = identity_of(&world);
	STORE *store = NULL;

	create(&world);
	cr_expect_eq(store_create(world.place.store, world.place.pins, &identity), -EEXIST);
	store = open_store(&world);
	cr_expect_eq(pins_count(store_pins(store)), 0);
	cr_expect_str_eq(store_engine_name(store), "sqlite");
	cr_expect_not(store_untidy(store));
	cr_expect_eq(store_tidy(store), 0);
}

Test(store, creation_leaves_no_database_without_pins)
{
	WORLD world;
	world_init(&world);
	CLEANUP_IDENTITY struct identity identity = identity_of(&world);

	file_write(world.place.pins, "mine", 4);
	cr_expect_eq(store_create(world.place.store, world.place.pins, &identity), -EEXIST);
	cr_expect_eq(access(world.place.store, F_OK), -1);
	BYTES pins = file_read(world.place.pins, "");
	cr_expect_eq(pins.size, 4);
}

Test(store, it_opens_with_its_own_identity_and_pins)
{
	WORLD world;
	world_init(&world);
	STORE *store = NULL;

	create(&world);
	world.seed[3] = 1;
	cr_expect_eq(try_open(&world, &store), -EKEYREJECTED);
	world.seed[3] = 0;
	cr_expect_eq(unlink(world.place.pins), 0);
	cr_expect_eq(try_open(&world, &store), -ENOKEY);
	file_write(world.place.pins, "rubbish", 7);
	cr_expect_eq(try_open(&world, &store), -EKEYREJECTED);
	cr_expect_eq(unlink(world.place.store), 0);
	cr_expect_eq(try_open(&world, &store), -ENOENT);
}

Test(store, organisations_are_pinned_loaded_and_forgotten)
{
	WORLD world;
	world_init(&world);
	STORE *store = NULL;
	CHANGE *first = NULL;
	CLEANUP_SECRET struct secret *value = NULL;
	size_t index = 99;

	create(&world);
	store = open_store(&world);
	cr_assert_eq(change_new(&first), 0);
	cr_assert_eq(secret_copy(world.pool, "value", 5, &value), 0);
	put_field(first, value, 1);
	cr_assert_eq(store_org_create(store, "acme", first, &index), 0);
	cr_expect_eq(index, 0);
	cr_assert_eq(store_org_create(store, "other", NULL, &index), 0);
	cr_expect_eq(index, 1);
	cr_expect_eq(store_org_create(store, "acme", NULL, &index), -EEXIST);
	cr_expect_eq(store_org_create(store, "a/b", NULL, &index), -EINVAL);
	cr_expect_eq(pins_count(store_pins(store)), 2);
	cr_expect_not_null(store_org_loaded(store, 0));
	cr_expect_eq(store_org_rename(store, 1, "acme"), -EEXIST);
	cr_expect_eq(store_org_rename(store, 1, "another"), 0);

	store = store_close(store);
	store = open_store(&world);
	cr_expect_eq(pins_find(store_pins(store), "another"), 1);
	cr_expect_null(store_org_loaded(store, 0));
	cr_expect_not_null(org_record(org_of(store, 0), field_id));
	cr_expect_eq(store_org_loaded(store, 0), org_of(store, 0));
	cr_expect_null(store_org_loaded(store, 1));
	cr_expect_null(org_record(org_of(store, 1), field_id));
	store_org_forget(store, 0);
	cr_expect_null(store_org_loaded(store, 0));
	cr_expect_not_null(org_record(org_of(store, 0), field_id));
}

Test(store, an_organisation_that_cannot_be_pinned_stays_unseen)
{
	WORLD world;
	world_init(&world);
	STORE *store = NULL;
	size_t index = 99;
	char blocker[128];

	create(&world);
	store = open_store(&world);
	snprintf(blocker, sizeof(blocker), "%s.tmp", world.place.pins);
	cr_assert_eq(mkdir(blocker, 0700), 0);
	cr_expect_eq(store_org_create(store, "acme", NULL, &index), -EISDIR);
	cr_expect_eq(pins_count(store_pins(store)), 0);
	cr_assert_eq(rmdir(blocker), 0);
	cr_expect_eq(store_org_create(store, "acme", NULL, &index), 0);
	cr_expect_eq(index, 0);
	cr_expect_not_null(org_of(store, 0));
}

static void set(const struct world *world, struct store *store, uint64_t version)
{
	CHANGE *change = NULL;
	CLEANUP_SECRET struct secret *value = NULL;
	struct org *org = org_of(store, 0);

	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(secret_copy(world->pool, "value", 5, &value), 0);
	put_field(change, value, version);
	cr_assert_eq(org_commit(org, change), 0);
}

/* What whoever holds the host's disk can keep and put back. */
struct copy {
	struct bytes store, pins;
};

static struct copy copy_of(const struct world *world)
{
	return (struct copy){file_read(world->place.store, ""), file_read(world->place.pins, "")};
}

static void copy_done(struct copy *copy)
{
	bytes_done(&copy->store);
	bytes_done(&copy->pins);
}
#define COPY CLEANUP(copy_done) struct copy

/* Two organisations of which the first has gone on by `changes` since they were made; `ret_early`
 * is a copy from between. */
static void go_on(struct world *world, size_t changes, struct copy *ret_early)
{
	STORE *store = NULL;
	size_t index;

	create(world);
	store = open_store(world);
	cr_assert_eq(store_org_create(store, "acme", NULL, &index), 0);
	cr_assert_eq(store_org_create(store, "other", NULL, &index), 0);
	store = store_close(store);
	*ret_early = copy_of(world);
	store = open_store(world);
	for (size_t i = 1; i <= changes; i++)
		set(world, store, i);
}

static void expect_refused(struct store *store, int error, uint64_t found)
{
	struct org *org = NULL;
	uint64_t generation = 99;

	cr_expect_eq(store_org(store, 0, &org), error);
	cr_expect_eq(store_org_look(store, 0, &generation), error);
	cr_expect_eq(generation, found);
	cr_expect_eq(store_org(store, 1, &org), 0, "others go on");
	cr_expect_eq(store_org_look(store, 1, &generation), 0);
	cr_expect_eq(generation, 2);
}

Test(store, a_log_that_was_put_back_is_refused)
{
	WORLD world;
	world_init(&world);
	STORE *store = NULL;
	COPY early = {{NULL, 0}, {NULL, 0}};

	go_on(&world, 3, &early);
	store = open_store(&world);
	cr_expect_eq(pins_get(store_pins(store), 0)->mark.generation, 5);
	cr_expect_eq(org_generation(org_of(store, 0)), 5);
	store = store_close(store);
	file_write(world.place.store, early.store.at, early.store.size);
	store = open_store(&world);
	expect_refused(store, -ESTALE, 2);
	/* Being refused changes no mark. */
	store = store_close(store);
	store = open_store(&world);
	expect_refused(store, -ESTALE, 2);
}

/* One entry taken off the end is a rollback too. */
Test(store, a_log_that_was_cut_is_refused)
{
	WORLD world;
	world_init(&world);
	STORE *store = NULL;
	COPY early = {{NULL, 0}, {NULL, 0}};

	go_on(&world, 3, &early);
	tamper(world.place.store, "DELETE FROM log WHERE gen = 5");
	store = open_store(&world);
	expect_refused(store, -ESTALE, 4);
}

Test(store, another_branch_of_the_log_is_refused)
{
	for (size_t changes = 2; changes <= 3; changes++) {
		WORLD world;
		world_init(&world);
		STORE *store = NULL;
		struct org *org = NULL;
		COPY early = {{NULL, 0}, {NULL, 0}};
		COPY seen = {{NULL, 0}, {NULL, 0}};

		go_on(&world, 2, &early);
		seen = copy_of(&world);
		file_write(world.place.store, early.store.at, early.store.size);
		file_write(world.place.pins, early.pins.at, early.pins.size);
		store = open_store(&world);
		for (size_t i = 1; i <= changes; i++)
			set(&world, store, i);
		store = store_close(store);
		file_write(world.place.pins, seen.pins.at, seen.pins.size);
		store = open_store(&world);
		cr_expect_eq(store_org(store, 0, &org), -ENOTUNIQ, "%zu changes", changes);
		if (changes == 2)
			expect_refused(store, -ENOTUNIQ, 4);
	}
}

Test(store, a_log_that_was_removed_is_refused)
{
	WORLD world;
	world_init(&world);
	STORE *store = NULL;
	struct org *org = NULL;
	char id[2 * ID_SIZE + 1], sql[128];
	COPY early = {{NULL, 0}, {NULL, 0}};

	go_on(&world, 1, &early);
	store = open_store(&world);
	for (size_t i = 0; i < ID_SIZE; i++)
		snprintf(id + 2 * i, 3, "%02x",
			 pins_get(store_pins(store), 0)->fingerprint.bytes[i]);
	snprintf(sql, sizeof(sql), "DELETE FROM log WHERE org = x'%s'", id);
	store = store_close(store);
	tamper(world.place.store, sql);
	store = open_store(&world);
	expect_refused(store, -EIDRM, 0);
	cr_expect_eq(store_org(store, 0, &org), -EIDRM);
}

/* Everything of the one is said to be the other's, with keys that this host can open. */
Test(store, organisations_that_were_exchanged_are_refused)
{
	static const char *const tables[] = {"log", "item", "value", "wrap"};
#define ONE "(SELECT min(org) FROM head)"
#define OTHER "(SELECT max(org) FROM head)"
	static const struct {
		const char *to, *from;
	} steps[] = {{"zeroblob(16)", ONE}, {ONE, OTHER}, {OTHER, "zeroblob(16)"}};
	WORLD world;
	world_init(&world);
	STORE *store = NULL;
	COPY early = {{NULL, 0}, {NULL, 0}};
	char sql[160];

	go_on(&world, 1, &early);
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		for (size_t j = 0; j < sizeof(steps) / sizeof(*steps); j++) {
			snprintf(sql, sizeof(sql), "UPDATE %s SET org = %s WHERE org = %s",
				 tables[i], steps[j].to, steps[j].from);
			tamper(world.place.store, sql);
		}
	}
	store = open_store(&world);
	for (size_t i = 0; i < 2; i++) {
		struct org *org = NULL;

		cr_expect_eq(store_org(store, i, &org), -EBADMSG, "organisation %zu", i);
	}
}

/* A daemon that was killed before it wrote the mark has committed all the same. */
Test(store, a_mark_that_is_older_is_no_rollback)
{
	WORLD world;
	world_init(&world);
	STORE *store = NULL;
	COPY early = {{NULL, 0}, {NULL, 0}};
	CLEANUP(pins_copy_freep) struct pins_copy *copy = NULL;

	go_on(&world, 3, &early);
	file_write(world.place.pins, early.pins.at, early.pins.size);
	store = open_store(&world);
	cr_expect_eq(pins_get(store_pins(store), 0)->mark.generation, 2);
	cr_expect_eq(org_generation(org_of(store, 0)), 5);
	cr_assert_eq(store_marks(store, &copy), 0);
	cr_assert_not_null(copy);
	cr_expect_eq(store_write_marks(store, copy), 0);
	cr_expect_eq(pins_get(store_pins(store), 0)->mark.generation, 5);
	copy = pins_copy_free(copy);
	cr_assert_eq(store_marks(store, &copy), 0);
	cr_expect_null(copy);
}

Test(store, a_deleted_value_is_nowhere_after_tidy)
{
	WORLD world;
	world_init(&world);
	STORE *store = NULL;
	CHANGE *change = NULL;
	CLEANUP_SECRET struct secret *value = NULL;
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	uint8_t sealed[4][40];
	size_t index, count = 0;

	create(&world);
	store = open_store(&world);
	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(secret_zeros(world.pool, 60000, &value), 0);
	put_field(change, value, 1);
	cr_assert_eq(store_org_create(store, "acme", change, &index), 0);
	change = change_free(change);
	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(secret_resize(value, 10), 0);
	put_field(change, value, 2);
	cr_assert_eq(org_commit(org_of(store, 0), change), 0);
	cr_assert_eq(store_tidy(store), 0);

	/* The sealed bytes of both versions, from their start and from their middle. */
	cr_assert_eq(sqlite3_open(world.place.store, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db, "SELECT ct FROM value", -1, &statement, NULL), 0);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		const uint8_t *bytes = sqlite3_column_blob(statement, 0);
		size_t size = (size_t)sqlite3_column_bytes(statement, 0);

		memcpy(sealed[count++], bytes, 40);
		memcpy(sealed[count++], bytes + size / 2, 40);
		cr_assert_leq(count, 4);
	}
	sqlite3_finalize(statement);
	sqlite3_close(db);
	cr_assert_eq(count, 4);

	change = change_free(change);
	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(change_remove(change, field_id), 0);
	cr_assert_eq(org_commit(org_of(store, 0), change), 0);
	cr_expect(store_untidy(store));
	for (size_t i = 0; i < 4; i++)
		cr_expect(store_holds(world.place.store, sealed[i], 40), "the search is blind");
	cr_expect_eq(store_tidy(store), 0);
	cr_expect_not(store_untidy(store));
	for (size_t i = 0; i < 4; i++)
		cr_expect_not(store_holds(world.place.store, sealed[i], 40), "part %zu", i);
}

Test(store, an_organisation_that_was_ended_leaves_its_mark_and_its_name)
{
	WORLD world;
	STORE *store = NULL;
	struct org *org = NULL;
	size_t index = 0, again = 0, left = 1;

	world_init(&world);
	create(&world);
	store = open_store(&world);
	cr_assert_eq(store_org_create(store, "acme", NULL, &index), 0);
	cr_assert_eq(store_org(store, index, &org), 0);
	cr_expect_not(org_is_ended(org));
	cr_assert_eq(store_org_end(store, index, &left), 0);
	cr_expect_eq(left, 0);
	cr_expect(org_is_ended(org));
	cr_assert_eq(store_org_retire(store, index), 0);
	cr_expect(pin_is_retired(pins_get(store_pins(store), index)));
	cr_expect_eq(store_org_retire(store, index), 0, "it is called so already");
	cr_expect_eq(store_org_create(store, "acme", NULL, &again), 0);
	store = store_close(store);
	store = open_store(&world);
	cr_assert_eq(store_org(store, index, &org), 0);
	cr_expect(org_is_ended(org));
	cr_expect_eq(store_org_end(store, index, &left), 0, "there is nothing to do");
	cr_assert_eq(store_org(store, again, &org), 0);
	cr_expect_not(org_is_ended(org));
}

Test(store, an_organisation_that_was_ended_is_not_pinned)
{
	WORLD world;
	STORE *store = NULL;
	struct digest fingerprint;
	struct org *org = NULL;
	size_t index = 0, left = 0;

	world_init(&world);
	create(&world);
	store = open_store(&world);
	cr_assert_eq(store_org_create(store, "acme", NULL, &index), 0);
	cr_assert_eq(store_org(store, index, &org), 0);
	fingerprint = *org_fingerprint(org);
	cr_assert_eq(store_org_end(store, index, &left), 0);
	cr_expect_eq(store_org_pin(store, &fingerprint, "other"), -ENOENT);
}
