#include "store/backup.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>

#include "store/sqlite.h"
#include "store/store.h"
#include "tests/place.h"

#define BACKUP CLEANUP(backup_closep) struct backup

static const struct record_id account_id = {{1}}, field_id = {{2}};

struct world {
	struct place place;
	struct secret_pool *pool;
	struct store *store;
	char file[128];
	uint64_t version;
	size_t told;
	size_t stop_at; /* the call of watch() that says no; 0: none */
};

static struct recipient *host_of(struct secret_pool *pool)
{
	const uint8_t seed[RECIPIENT_SEED_SIZE] = {7};
	struct recipient *host = NULL;

	cr_assert_eq(recipient_from_seed(pool, seed, &host), 0);
	return host;
}

static void set(struct world *world, size_t size)
{
	static char account_name[] = "openai", field_name[] = "api_key";
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_SECRET struct secret *value = NULL;
	struct org *org = NULL;
	const struct record account = {
		.id = account_id, .kind = RECORD_ACCOUNT, .name = account_name};
	const struct record field = {.id = field_id,
				     .kind = RECORD_FIELD,
				     .parent = account_id,
				     .name = field_name,
				     .value_version = world->version + 1};

	cr_assert_eq(secret_zeros(world->pool, size, &value), 0);
	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(change_put(change, &account), 0);
	cr_assert_eq(change_put(change, &field), 0);
	if (world->version)
		cr_assert_eq(change_remove_value(change, field_id, world->version), 0);
	cr_assert_eq(change_put_value(change, field_id, ++world->version, value), 0);
	cr_assert_eq(store_org(world->store, 0, &org), 0);
	cr_assert_eq(org_commit(org, change), 0);
}

static void world_init(struct world *world)
{
	CLEANUP_IDENTITY struct identity identity = {0};
	size_t index;

	*world = (struct world){.place = place_new()};
	snprintf(world->file, sizeof(world->file), "%s/backup", world->place.directory);
	cr_assert_eq(secret_pool_new(4 << 20, &world->pool), 0);
	identity.host = host_of(world->pool);
	cr_assert_eq(store_create(world->place.store, world->place.pins, &identity), 0);
	cr_assert_eq(store_open(world->pool, world->place.store, world->place.pins, &identity,
				&world->store),
		     0);
	cr_assert_eq(store_org_create(world->store, "acme", NULL, &index), 0);
}

static void world_done(struct world *world)
{
	store_close(world->store);
	secret_pool_free(world->pool);
	place_done(&world->place);
}
#define WORLD CLEANUP(world_done) struct world

/* Somebody writes between any two steps. */
static bool write_meanwhile(void *context, uint64_t done, uint64_t total)
{
	struct world *world = context;

	cr_expect_leq(done, total);
	set(world, 60000);
	return ++world->told != world->stop_at;
}

static bool look_on(void *context, uint64_t done, uint64_t total)
{
	(void)context, (void)done, (void)total;
	return true;
}

static size_t count_files(const struct world *world)
{
	size_t count = 0;
	DIR *directory = opendir(world->place.directory);

	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

Test(backup, holds_the_moment_it_was_opened_at)
{
	WORLD world;
	world_init(&world);
	BACKUP *backup = NULL;
	CLEANUP(engine_closep) struct engine *engine = NULL;
	CLEANUP(recipient_freep) struct recipient *host = NULL;
	CLEANUP(org_freep) struct org *org = NULL;
	struct digest fingerprint;
	CLEANUP_SECRET struct secret *value = NULL;
	struct stat st;

	/* More than one step has to copy. */
	for (int i = 0; i < 10; i++)
		set(&world, 50000 + 1000 * (size_t)i);
	tamper(world.place.store, "INSERT INTO meta VALUES ('ballast', randomblob(900000)),"
				  " ('more', randomblob(900000))");
	cr_assert_eq(backup_open(world.place.store, &backup), 0);
	set(&world, 11);
	cr_expect_gt(backup_size(backup), 1800000);
	cr_assert_eq(backup_write(backup, world.file, write_meanwhile, &world), 0);
	cr_expect_geq(world.told, 2);
	cr_expect_eq(stat(world.file, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0600);
	cr_expect_eq((uint64_t)st.st_size, backup_size(backup));

	/* Without the marks, which have seen more. */
	fingerprint = pins_get(store_pins(world.store), 0)->fingerprint;
	host = host_of(world.pool);
	cr_assert_eq(sqlite_open(world.file, &engine), 0);
	cr_assert_eq(org_load(engine, world.pool, host, &fingerprint, &org), 0);
	cr_expect_eq(org_generation(org), 2 + 10);
	cr_expect_eq(org_damaged(org), 0);
	cr_assert_eq(org_value(org, field_id, 10, &value, NULL), 0);
	cr_expect_eq(secret_size(value), 59000);
}

Test(backup, never_overwrites)
{
	WORLD world;
	world_init(&world);
	BACKUP *backup = NULL;

	file_write(world.file, "mine", 4);
	cr_assert_eq(backup_open(world.place.store, &backup), 0);
	cr_expect_eq(backup_write(backup, world.file, look_on, NULL), -EEXIST);
	cr_expect_eq(backup_write(backup, "/nowhere/at/all", look_on, NULL), -ENOENT);
	BYTES file = file_read(world.file, "");
	cr_expect_eq(file.size, 4);
}

Test(backup, that_was_stopped_or_failed_leaves_nothing)
{
	WORLD world;
	world_init(&world);
	BACKUP *backup = NULL;
	const struct rlimit small = {8192, RLIM_INFINITY}, any = {RLIM_INFINITY, RLIM_INFINITY};
	size_t files;

	tamper(world.place.store, "INSERT INTO meta VALUES ('ballast', randomblob(900000)),"
				  " ('more', randomblob(900000))");
	cr_assert_eq(backup_open(world.place.store, &backup), 0);
	files = count_files(&world);
	world.stop_at = 1;
	cr_expect_eq(backup_write(backup, world.file, write_meanwhile, &world), -ECANCELED);
	cr_expect_eq(count_files(&world), files);
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	cr_expect_eq(backup_write(backup, world.file, look_on, NULL), -EIO);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &any), 0);
	cr_expect_eq(count_files(&world), files);
	cr_expect_eq(backup_write(backup, world.file, look_on, NULL), 0);
}

Test(backup, needs_a_store)
{
	WORLD world;
	world_init(&world);
	BACKUP *backup = NULL;

	cr_expect_eq(backup_open("/nowhere/at/all", &backup), -ENOENT);
	cr_expect_eq(backup_open(world.file, &backup), -ENOENT);
	file_write(world.file, "no database", 11);
	cr_expect_eq(backup_open(world.file, &backup), -EBADMSG);
	cr_expect_eq(backup_open(world.place.store, &backup), 0, "also while a daemon has it");
}

/* Also what no checkpoint has overwritten yet in the store itself. */
Test(backup, has_no_trace_of_what_was_deleted)
{
	WORLD world;
	world_init(&world);
	BACKUP *backup = NULL;
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	uint8_t sealed[40];

	for (size_t i = 0; i < 20; i++)
		set(&world, 300);
	cr_assert_eq(sqlite3_open(world.place.store, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db, "SELECT ct FROM value", -1, &statement, NULL), 0);
	cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
	memcpy(sealed, sqlite3_column_blob(statement, 0), sizeof(sealed));
	sqlite3_finalize(statement);
	sqlite3_close(db);
	set(&world, 300);
	cr_expect(store_holds(world.place.store, sealed, sizeof(sealed)), "the search is blind");
	cr_assert_eq(backup_open(world.place.store, &backup), 0);
	cr_assert_eq(backup_write(backup, world.file, look_on, NULL), 0);
	cr_expect_not(store_holds(world.file, sealed, sizeof(sealed)));
}
