#include "store/store.h"

#include "store/sqlite.h"

struct store {
	struct secret_pool *pool;
	struct engine *engine;
	struct identity identity;
	struct pins *pins;
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

struct store *store_close(struct store *store)
{
	if (!store)
		return NULL;
	for (size_t i = 0; store->orgs && i < pins_count(store->pins); i++)
		org_free(store->orgs[i]);
	free(store->orgs);
	pins_close(store->pins);
	engine_close(store->engine);
	identity_done(&store->identity);
	free(store);
	return NULL;
}

/* A list that is damaged cannot be told from one of another identity. */
static int open_pins(struct store *store, const char *path, const struct recipient *host)
{
	int r;

	r = pins_open(path, host, &store->pins);
	if (r < 0)
		return r == -ENOENT ? -ENOKEY : r == -EBADMSG ? -EKEYREJECTED : r;
	store->orgs = calloc(pins_count(store->pins) + 1, sizeof(struct org *));
	return store->orgs ? 0 : -ENOMEM;
}

int store_open(struct secret_pool *pool, const char *path, const char *pins,
	       struct identity *identity, struct store **ret)
{
	CLEANUP(store_closep) struct store *store = calloc(1, sizeof(*store));
	int r;

	if (!store)
		return -ENOMEM;
	store->pool = pool;
	r = sqlite_open(path, &store->engine);
	if (r < 0)
		return r;
	r = open_pins(store, pins, identity->host);
	if (r < 0)
		return r;
	store->identity = *identity;
	*identity = (struct identity){0};
	*ret = TAKE_PTR(store);
	return 0;
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
		r = org_load(store->engine, store->pool, store->identity.host, &pin->fingerprint,
			     &store->orgs[index]);
		if (r < 0)
			return r == -ENOENT ? -EBADMSG : r;
	}
	*ret = store->orgs[index];
	return 0;
}

struct org *store_org_loaded(struct store *store, size_t index)
{
	return store->orgs[index];
}

void store_org_forget(struct store *store, size_t index)
{
	store->orgs[index] = org_free(store->orgs[index]);
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
	r = pins_add(store->pins, org_fingerprint(org), name);
	if (r < 0)
		return r;
	store->orgs[index] = TAKE_PTR(org);
	*ret_index = index;
	return 0;
}

int store_org_rename(struct store *store, size_t index, const char *name)
{
	return pins_rename(store->pins, index, name);
}

int store_tidy(struct store *store)
{
	return store->engine->ops->tidy(store->engine);
}

bool store_untidy(struct store *store)
{
	return store->engine->ops->untidy(store->engine);
}

const char *store_engine_name(const struct store *store)
{
	return store->engine->ops->name;
}
