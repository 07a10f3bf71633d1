#include "store/store.h"

#include <string.h>

#include "store/clock.h"
#include "store/sqlite.h"

struct store {
	struct secret_pool *pool;
	struct engine *engine;
	struct identity identity;
	struct pins *pins;
	bool joined;	   /* beside a daemon, whose the pins are */
	struct org **orgs; /* of the pin at the same index; NULL: not loaded */
};

int store_create(const char *path, const char *pins, const struct identity *identity)
{
	int r;

	r = sqlite_create(path);
	if (r < 0)
		return r;
	r = pins_create(pins, identity->host);
	if (r < 0)
		sqlite_remove(path);
	return r;
}

void store_remove(const char *path, const char *pins)
{
	sqlite_remove(path);
	unlink(pins);
}

/* A list that is damaged cannot be told from one of another identity; nor is any other error of its
 * file to be taken for one of the database. */
static int open_pins(struct store *store, const char *path, const struct recipient *host)
{
	int r;

	r = pins_open(path, host, &store->pins);
	return r == 0 || r == -ENOMEM ? r : r == -ENOENT ? -ENOKEY : -EKEYREJECTED;
}

static int have_room_for_orgs(struct store *store)
{
	store->orgs = calloc(pins_count(store->pins) + 1, sizeof(struct org *));
	return store->orgs ? 0 : -ENOMEM;
}

/* What one opens a store with. */
struct opening {
	const char *path, *pins;
	struct pins **list; /* in the place of those at `pins` */
	bool joined;
};

static int open_store(struct secret_pool *pool, const struct opening *opening,
		      struct identity *identity, struct store **ret)
{
	CLEANUP(store_closep) struct store *store = calloc(1, sizeof(*store));
	int r;

	if (!store)
		return -ENOMEM;
	store->pool = pool;
	store->joined = opening->joined;
	r = store->joined ? sqlite_join(opening->path, &store->engine)
			  : sqlite_open(opening->path, &store->engine);
	if (r < 0)
		return r;
	if (!opening->list)
		r = open_pins(store, opening->pins, identity->host);
	else
		store->pins = TAKE_PTR(*opening->list);
	if (r == 0)
		r = have_room_for_orgs(store);
	if (r < 0)
		return r;
	store->identity = *identity;
	*identity = (struct identity){0};
	*ret = TAKE_PTR(store);
	return 0;
}

int store_open(struct secret_pool *pool, const char *path, const char *pins,
	       struct identity *identity, struct store **ret)
{
	const struct opening opening = {path, pins, NULL, false};

	return open_store(pool, &opening, identity, ret);
}

int store_join(struct secret_pool *pool, const char *path, const char *pins,
	       struct identity *identity, struct store **ret)
{
	const struct opening opening = {path, pins, NULL, true};

	return open_store(pool, &opening, identity, ret);
}

int store_join_pinned(struct secret_pool *pool, const char *path, struct pins **pins,
		      struct identity *identity, struct store **ret)
{
	const struct opening opening = {path, NULL, pins, true};

	return open_store(pool, &opening, identity, ret);
}

const struct pins *store_pins(const struct store *store)
{
	return store->pins;
}

int store_org(struct store *store, size_t index, struct org **ret)
{
	const struct pin *pin = pins_get(store->pins, index);
	int r;

	if (!store->orgs[index]) {
		r = org_load_pinned(store->engine, store->pool, store->identity.host, pin,
				    &store->orgs[index]);
		if (r < 0)
			return r == -ENOENT ? -EIDRM : r;
	}
	*ret = store->orgs[index];
	return 0;
}

struct org *store_org_loaded(struct store *store, size_t index)
{
	return store->orgs[index];
}

static void mark_org(struct store *store, size_t index)
{
	const struct org *org = store->orgs[index];
	struct mark mark;

	if (!org)
		return;
	mark = org_mark(org);
	pins_mark(store->pins, index, &mark);
}

void store_org_forget(struct store *store, size_t index)
{
	mark_org(store, index);
	store->orgs[index] = org_free(store->orgs[index]);
}

int store_org_look(struct store *store, size_t index, uint64_t *ret_generation)
{
	const struct pin *pin = pins_get(store->pins, index);
	uint64_t generation = 0;
	struct digest head;
	int r;

	r = store->engine->ops->head(store->engine, org_id_of(&pin->fingerprint), &generation,
				     &head);
	if (r == -ENOENT)
		r = -EIDRM;
	else if (r == 0 && generation < pin->mark.generation)
		r = -ESTALE;
	else if (r == 0 && generation == pin->mark.generation &&
		 !digest_equal(&head, &pin->mark.head))
		r = -ENOTUNIQ;
	*ret_generation = generation;
	return r;
}

int store_marks(struct store *store, struct pins_copy **ret)
{
	for (size_t i = 0; i < pins_count(store->pins); i++)
		mark_org(store, i);
	return pins_copy(store->pins, ret);
}

int store_write_marks(struct store *store, const struct pins_copy *copy)
{
	return pins_write(store->pins, copy);
}

/* Room for one more organisation beside those that are pinned. */
static int reserve(struct store *store)
{
	size_t count = pins_count(store->pins) + 1;
	struct org **orgs = reallocarray(store->orgs, count, sizeof(struct org *));

	if (!orgs)
		return -ENOMEM;
	orgs[count - 1] = NULL;
	store->orgs = orgs;
	return 0;
}

/* The engine first: an organisation that could not be pinned is invisible, while a pin without its
 * organisation would look like one that was taken away. */
int store_org_create(struct store *store, const char *name, const struct change *first,
		     size_t *ret_index)
{
	const struct identity *identity = &store->identity;
	CLEANUP(org_freep) struct org *org = NULL;
	size_t index = pins_count(store->pins);
	struct mark mark;
	int r;

	if (pins_find(store->pins, name) >= 0)
		return -EEXIST;
	r = reserve(store);
	if (r < 0)
		return r;
	r = org_create(store->engine, store->pool, identity->host,
		       identity->has_recovery ? &identity->recovery : NULL, name, first, &org);
	if (r < 0)
		return r;
	mark = org_mark(org);
	r = pins_add(store->pins, org_fingerprint(org), &mark, name);
	if (r < 0)
		return r;
	store->orgs[index] = TAKE_PTR(org);
	*ret_index = index;
	return 0;
}

int store_org_pin(struct store *store, const struct digest *fingerprint, const char *name)
{
	CLEANUP(org_freep) struct org *org = NULL;
	const size_t index = pins_count(store->pins);
	struct mark mark;
	int r;

	if (pins_find(store->pins, name) >= 0)
		return -EEXIST;
	r = reserve(store);
	if (r == 0)
		r = org_load(store->engine, store->pool, store->identity.host, fingerprint, &org);
	if (r < 0)
		return r;
	if (org_is_ended(org))
		return -ENOENT;
	mark = org_mark(org);
	r = pins_add(store->pins, fingerprint, &mark, name);
	if (r == 0)
		store->orgs[index] = TAKE_PTR(org);
	return r;
}

/* What it calls itself, by which a host knows it that has nothing but the store. */
static int rename_self(struct org *org, const char *name)
{
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_RECORD struct record record = {0};
	const struct record *self = org_record(org, (struct record_id){{0}});
	int r;

	if (!self || org_capability(org) < CAN_MANAGE)
		return 0;
	r = record_copy(self, &record);
	if (r < 0)
		return r;
	free(record.name);
	record.name = strdup(name);
	if (!record.name)
		return -ENOMEM;
	record.updated = clock_now();
	r = change_new(&change);
	if (r == 0)
		r = change_put(change, &record);
	return r < 0 ? r : org_commit(org, change);
}

/* The pin alone says how it is called here; one that cannot be read is renamed all the same. */
int store_org_rename(struct store *store, size_t index, const char *name)
{
	struct org *org = NULL;
	int r = pins_find(store->pins, name);

	if (r >= 0)
		return (size_t)r == index ? 0 : -EEXIST;
	if (store_org(store, index, &org) == 0) {
		r = rename_self(org, name);
		if (r < 0)
			return r;
	}
	return pins_rename(store->pins, index, name);
}

enum { END_BATCH = 1000 }; /* rows: an entry takes twice as many */

int store_org_end(struct store *store, size_t index, size_t *ret_left)
{
	struct org *org = NULL;
	int r = store_org(store, index, &org);

	return r < 0 ? r : org_end(org, END_BATCH, ret_left);
}

int store_org_retire(struct store *store, size_t index)
{
	const struct pin *pin = pins_get(store->pins, index);
	const uint8_t *id = pin->fingerprint.bytes;
	char name[32];

	if (pin_is_retired(pin))
		return 0;
	snprintf(name, sizeof name, ".deleted-%02x%02x%02x%02x%02x%02x%02x%02x", id[0], id[1],
		 id[2], id[3], id[4], id[5], id[6], id[7]);
	return pins_rename(store->pins, index, name);
}

/* Who must know whether the marks were written has done it before. */
static void write_marks(struct store *store)
{
	CLEANUP(pins_copy_freep) struct pins_copy *copy = NULL;

	if (store_marks(store, &copy) == 0 && copy)
		(void)!store_write_marks(store, copy);
}

struct store *store_close(struct store *store)
{
	if (!store)
		return NULL;
	if (store->orgs && !store->joined)
		write_marks(store);
	for (size_t i = 0; store->orgs && i < pins_count(store->pins); i++)
		org_free(store->orgs[i]);
	free(store->orgs);
	pins_close(store->pins);
	engine_close(store->engine);
	identity_done(&store->identity);
	free(store);
	return NULL;
}

int store_renew(struct store *store, bool *ret_changed)
{
	return store->engine->ops->renew(store->engine, ret_changed);
}

int store_tidy(struct store *store)
{
	return store->engine->ops->tidy(store->engine);
}

bool store_untidy(struct store *store)
{
	return store->engine->ops->untidy(store->engine);
}

int store_probe(struct store *store, bool write)
{
	return store->engine->ops->probe(store->engine, write);
}

const char *store_engine_name(const struct store *store)
{
	return store->engine->ops->name;
}
