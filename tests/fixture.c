#include "tests/fixture.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <sqlite3.h>
#include <string.h>

#include "fs/kind.h"

const struct caller fixture_root = {.pid = 1, .groups_known = true};

struct caller fixture_caller(const char *user)
{
	const struct passwd *entry = getpwnam(user);

	cr_assert_not_null(entry, "no user %s on this host", user);
	return (struct caller){
		.uid = entry->pw_uid, .gid = entry->pw_gid, .pid = 4242, .groups_known = true};
}

static void invalidate(void *context, uint64_t inode)
{
	struct fixture *fixture = context;

	fixture->told[fixture->invalidated++ % FIXTURE_TOLD] = inode;
}

static char *path_below(const struct fixture *fixture, const char *name)
{
	char *path = NULL;

	cr_assert_geq(asprintf(&path, "%s/%s", fixture->directory, name), 0);
	return path;
}

static void load_settings(struct fixture *fixture, const char *configuration)
{
	CLEANUP_FREE char *path = path_below(fixture, "credfs.conf");
	struct conf_error error = {0};
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file);
	fprintf(file, "[store]\npath = %s/store.db\nidentity = %s/identity\n%s", fixture->directory,
		fixture->directory, configuration);
	fclose(file);
	cr_assert_eq(settings_load(path, &fixture->settings, &error), 0, "%s", error.text);
	cr_assert_eq(catalogue_load(NULL, &fixture->catalogue, &error), 0, "%s", error.text);
	if (!fixture->settings->connections)
		catalogue_drop_connections(fixture->catalogue);
}

static struct identity identity_of(struct secret_pool *pool)
{
	static const uint8_t seed[RECIPIENT_SEED_SIZE] = {7};
	struct identity identity = {0};

	cr_assert_eq(recipient_from_seed(pool, seed, &identity.host), 0);
	return identity;
}

/* The identity's part in it is over when this returns. */
static void make_store(const struct fixture *fixture)
{
	CLEANUP_IDENTITY struct identity identity = identity_of(fixture->pool);
	const struct settings *settings = fixture->settings;

	cr_assert_eq(store_create(settings->store_path, settings->store_pins, &identity), 0);
}

static void start(struct fixture *fixture)
{
	CLEANUP_IDENTITY struct identity identity = identity_of(fixture->pool);
	const struct settings *settings = fixture->settings;

	cr_assert_eq(store_open(fixture->pool, settings->store_path, settings->store_pins,
				&identity, &fixture->store),
		     0);
	fixture->tree = (struct tree){
		.settings = fixture->settings,
		.catalogue = fixture->catalogue,
		.pool = fixture->pool,
		.store = fixture->store,
		.mountpoint = "/creds",
		.owner = 65523,
		.owner_group = 65523,
		.invalidate = invalidate,
		.kernel = fixture,
	};
	cr_assert_eq(tree_init(&fixture->tree), 0);
	cr_assert_eq(handles_new(4 << 20, &fixture->handles), 0);
}

static void stop(struct fixture *fixture)
{
	fixture->handles = handles_free(fixture->handles);
	tree_done(&fixture->tree);
	fixture->store = store_close(fixture->store);
}

void fixture_init(struct fixture *fixture, const char *configuration)
{
	*fixture = (struct fixture){.directory = "/var/tmp/credfs-unit-XXXXXX"};
	cr_assert_not_null(mkdtemp(fixture->directory));
	load_settings(fixture, configuration);
	cr_assert_eq(secret_pool_new(16 << 20, &fixture->pool), 0);
	make_store(fixture);
	start(fixture);
}

void fixture_restart(struct fixture *fixture)
{
	stop(fixture);
	start(fixture);
}

void fixture_tamper(struct fixture *fixture, const char *sql)
{
	sqlite3 *db = NULL;
	char *error = NULL;

	stop(fixture);
	cr_assert_eq(
		sqlite3_open_v2(fixture->settings->store_path, &db, SQLITE_OPEN_READWRITE, NULL),
		SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &error), SQLITE_OK, "%s: %s", sql, error);
	cr_assert_gt(sqlite3_changes(db), 0, "%s: nothing was changed", sql);
	sqlite3_close(db);
	start(fixture);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void remove_audit(const struct fixture *fixture)
{
	CLEANUP_FREE char *path = path_below(fixture, "store.db.audit");

	nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

void fixture_done(struct fixture *fixture)
{
	static const char *const files[] = {"credfs.conf",   "store.db",	  "store.db-wal",
					    "store.db-shm",  "identity.pins",	  "store.db-lock",
					    "store.db.lock", "identity.pins.new", ""};

	stop(fixture);
	fixture->catalogue = catalogue_free(fixture->catalogue);
	fixture->settings = settings_free(fixture->settings);
	fixture->pool = secret_pool_free(fixture->pool);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		CLEANUP_FREE char *path = path_below(fixture, files[i]);

		if (files[i][0])
			unlink(path);
	}
	remove_audit(fixture);
	cr_assert_eq(rmdir(fixture->directory), 0, "%s: something was left", fixture->directory);
}

/* Another process than the one that makes accounts: to that one they have no `provider` at first.
 */
static const struct caller looking = {.pid = 2, .groups_known = true};

static int walk(struct fixture *fixture, char *path, struct node *ret)
{
	struct node node = {.kind = NODE_ROOT, .pin = NO_PIN};
	const char *name;

	while ((name = strsep(&path, "/"))) {
		struct node next = {0};
		int r;

		if (!*name)
			continue;
		if (!kind_of(&node)->lookup)
			return -ENOTDIR;
		r = kind_of(&node)->lookup(&fixture->tree, &node, name, &looking, &next);
		if (r < 0)
			return r;
		node = next;
	}
	*ret = node;
	return 0;
}

int fixture_find(struct fixture *fixture, const char *path, struct node *ret)
{
	CLEANUP_FREE char *copy = strdup(path);

	return walk(fixture, copy, ret);
}

/* The directory of a path and the name in it, ready for an edit. */
struct place {
	char *path;
	struct node directory;
	struct edit edit;
};

static void place_done(struct place *place)
{
	free(place->path);
}

static int place_init(struct fixture *fixture, const char *path, const struct caller *caller,
		      struct place *ret)
{
	char *slash;
	int r;

	ret->path = strdup(path);
	slash = strrchr(ret->path, '/');
	*slash = '\0';
	r = walk(fixture, ret->path, &ret->directory);
	/* strsep() cut the path up, the name behind the last slash is whole. */
	ret->edit = (struct edit){&fixture->tree, caller, &ret->directory, slash + 1};
	return r;
}

int fixture_make(struct fixture *fixture, const char *path, const struct caller *caller)
{
	CLEANUP(place_done) struct place place = {0};
	const struct kind *kind;
	int r = place_init(fixture, path, caller, &place);

	if (r < 0)
		return r;
	kind = kind_of(&place.directory);
	return kind->make_directory ? kind->make_directory(&place.edit) : -EPERM;
}

int fixture_make_named(struct fixture *fixture, const char *directory, const char *name,
		       const struct caller *caller)
{
	struct node node = {0};
	const struct edit edit = {&fixture->tree, caller, &node, name};
	int r = fixture_find(fixture, directory, &node);

	if (r < 0)
		return r;
	return kind_of(&node)->make_directory ? kind_of(&node)->make_directory(&edit) : -EPERM;
}

int fixture_remove(struct fixture *fixture, const char *path, const struct caller *caller)
{
	CLEANUP(place_done) struct place place = {0};
	const struct kind *kind;
	struct node child = {0};
	int r = place_init(fixture, path, caller, &place);

	if (r == 0)
		r = fixture_find(fixture, path, &child);
	if (r < 0)
		return r;
	kind = kind_of(&place.directory);
	return kind->remove ? kind->remove(&place.edit, &child) : -EPERM;
}

int fixture_link(struct fixture *fixture, const char *target, const char *path,
		 const struct caller *caller)
{
	CLEANUP(place_done) struct place place = {0};
	const struct kind *kind;
	int r = place_init(fixture, path, caller, &place);

	if (r < 0)
		return r;
	kind = kind_of(&place.directory);
	return kind->make_link ? kind->make_link(&place.edit, target) : -EPERM;
}

int fixture_rename(struct fixture *fixture, const char *from, const char *to,
		   const struct caller *caller)
{
	CLEANUP(place_done) struct place old = {0};
	CLEANUP(place_done) struct place new = {0};
	struct node child = {0};
	struct node replaced = {0};
	const struct kind *kind;
	int there;
	int r = place_init(fixture, from, caller, &old);

	if (r == 0)
		r = place_init(fixture, to, caller, &new);
	if (r == 0)
		r = fixture_find(fixture, from, &child);
	if (r < 0)
		return r;
	there = fixture_find(fixture, to, &replaced);
	kind = kind_of(&old.directory);
	if (!kind->rename)
		return -EPERM;
	return kind->rename(&old.edit, &child, &new.edit, there == 0 ? &replaced : NULL);
}

int fixture_open(struct fixture *fixture, const char *path, int flags, const struct caller *caller,
		 uint64_t *ret)
{
	CLEANUP(place_done) struct place place = {0};
	struct node node = {0};
	int r = fixture_find(fixture, path, &node);

	if (r == -ENOENT && flags & O_CREAT) {
		r = place_init(fixture, path, caller, &place);
		if (r == 0)
			r = kind_of(&place.directory)->make_file
				    ? kind_of(&place.directory)->make_file(&place.edit, &node)
				    : -EPERM;
	}
	if (r == 0) {
		const struct handle_open open = {&fixture->tree, &node, caller, flags,
						 fixture->unique += 2};

		r = handles_open(fixture->handles, &open, ret);
	}
	if (r < 0)
		pendings_settle(fixture->tree.pendings, node.id);
	return r;
}

static struct fixture_saved save(struct fixture *fixture, const char *path, const char *text,
				 int flags, const struct caller *caller)
{
	const uint64_t owner = 77;
	struct fixture_saved saved = {0};
	struct handle *handle;
	struct draft_write write;
	uint64_t number = 0;

	saved.open = fixture_open(fixture, path, flags, caller, &number);
	if (saved.open < 0)
		return saved;
	handle = handles_get(fixture->handles, number);
	write = (struct draft_write){0, (const uint8_t *)text, strlen(text), owner};
	if (write.size)
		saved.write = draft_write(&fixture->tree, handle_draft(handle), &write);
	saved.close = handle_draft(handle)->refused;
	if (draft_ends(handle_draft(handle), owner))
		saved.close = draft_flush(&fixture->tree, handle_draft(handle), false);
	handles_close(fixture->handles, &fixture->tree, number);
	return saved;
}

struct fixture_saved fixture_save(struct fixture *fixture, const char *path, const char *text,
				  const struct caller *caller)
{
	return save(fixture, path, text, O_WRONLY | O_CREAT | O_TRUNC, caller);
}

struct fixture_saved fixture_save_with(struct fixture *fixture, const char *path, const char *text,
				       int flags)
{
	return save(fixture, path, text, flags, &fixture_root);
}

int fixture_put(struct fixture *fixture, const char *path, const char *text)
{
	const struct fixture_saved saved = fixture_save(fixture, path, text, &fixture_root);

	return saved.open ? saved.open : saved.write ? saved.write : saved.close;
}

int fixture_read(struct fixture *fixture, const char *path, char ret[4096])
{
	const struct handle_range range = {0, 4095, false};
	struct handle_bytes bytes = {0};
	uint64_t number = 0;
	int r = fixture_open(fixture, path, O_RDONLY, &fixture_root, &number);

	if (r < 0)
		return r;
	r = handle_read(&fixture->tree, handles_get(fixture->handles, number), &fixture_root,
			&range, &bytes);
	if (r == 0) {
		memcpy(ret, bytes.size ? bytes.bytes : (const uint8_t *)"", bytes.size);
		ret[bytes.size] = '\0';
	}
	handles_close(fixture->handles, &fixture->tree, number);
	return r;
}
