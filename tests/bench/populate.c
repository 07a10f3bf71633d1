/*
 * Fill a new store, past the mount: ORGANISATIONS (acme, then o1, o2, ...) of ACCOUNTS (a0, a1,
 * ...) of the generic provider with FIELDS (f0, f1, ...) of 51 bytes each.
 *
 *   populate DIR ORGANISATIONS ACCOUNTS FIELDS      makes DIR/store.db, DIR/identity and its pins
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "fs/progress.h"
#include "store/store.h"

enum { POOL = 8 << 20, VALUE_SIZE = 51 };

struct population {
	struct store *store;
	struct secret *value;
	unsigned long organisations, accounts, fields;
};

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int put_record(struct change *change, const struct record *shape, char letter,
		      unsigned long number, struct record_id *ret)
{
	CLEANUP_FREE char *name = NULL;
	struct record record = *shape;
	int r;

	if (asprintf(&name, "%c%lu", letter, number) < 0)
		return -ENOMEM;
	record.id = record_id_new();
	record.name = name;
	record.created = record.updated = now();
	r = change_put(change, &record);
	*ret = record.id;
	return r;
}

static int put_account(const struct population *population, struct change *change,
		       unsigned long number)
{
	char provider[] = "generic";
	const struct record account = {.kind = RECORD_ACCOUNT, .text = provider};
	struct record field = {
		.kind = RECORD_FIELD,
		.value_version = 1,
		.value_last = 1,
		.value_size = VALUE_SIZE,
		.secret = true,
	};
	struct record_id id;
	int r = put_record(change, &account, 'a', number, &field.parent);

	for (unsigned long i = 0; i < population->fields && r == 0; i++) {
		r = put_record(change, &field, 'f', i, &id);
		if (r == 0)
			r = change_put_value(change, id, 1, population->value);
	}
	return r;
}

/* As whoever makes accounts does: entry by entry. */
static int put_next(const struct population *population, struct org *org, unsigned long number)
{
	CLEANUP(change_freep) struct change *change = NULL;
	int r = change_new(&change);

	if (r == 0)
		r = put_account(population, change, number);
	return r < 0 ? r : org_commit(org, change);
}

static int put_organisation(const struct population *population, unsigned long number)
{
	CLEANUP(change_freep) struct change *first = NULL;
	char role[] = "owner", principals[] = "user:root\n", name[32];
	const struct record owner = {
		.kind = RECORD_ROLE, .id = record_id_new(), .name = role, .text = principals};
	struct org *org = NULL;
	size_t index = 0;
	int r = change_new(&first);

	if (number)
		snprintf(name, sizeof name, "o%lu", number);
	else
		snprintf(name, sizeof name, "acme");
	if (r == 0)
		r = change_put(first, &owner);
	if (r == 0)
		r = store_org_create(population->store, name, first, &index);
	if (r == 0)
		r = store_org(population->store, index, &org);
	for (unsigned long i = 0; i < population->accounts && r == 0; i++)
		r = put_next(population, org, i);
	store_org_forget(population->store, index);
	return r;
}

static int populate(const struct population *population)
{
	CLEANUP_PROGRESS struct progress progress;
	int r = 0;

	progress_init(&progress, "filling the store");
	for (unsigned long i = 0; i < population->organisations && r == 0; i++) {
		r = put_organisation(population, i);
		if (r == 0 && !progress_tell(&progress, i + 1, population->organisations))
			r = -EINTR;
	}
	return r;
}

static int make_store(struct secret_pool *pool, const char *directory, struct store **ret)
{
	CLEANUP_IDENTITY struct identity identity = {0};
	CLEANUP_SECRET struct secret *text = NULL;
	CLEANUP_FREE char *path = NULL, *key = NULL, *pins = NULL;
	int r;

	if (asprintf(&path, "%s/store.db", directory) < 0 ||
	    asprintf(&key, "%s/identity", directory) < 0 ||
	    asprintf(&pins, "%s/identity.pins", directory) < 0)
		return -ENOMEM;
	r = recipient_generate(pool, &identity.host);
	if (r == 0)
		r = identity_format(&identity, &text);
	if (r == 0)
		r = identity_save(key, text);
	if (r == 0)
		r = store_create(path, pins, &identity);
	return r < 0 ? r : store_open(pool, path, pins, &identity, ret);
}

int main(int argc, char **argv)
{
	CLEANUP(secret_pool_freep) struct secret_pool *pool = NULL;
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP_SECRET struct secret *value = NULL;
	struct population population;
	int r;

	if (argc != 5) {
		fprintf(stderr, "usage: populate DIR ORGANISATIONS ACCOUNTS FIELDS\n");
		return 2;
	}
	r = secret_pool_new(POOL, &pool);
	if (r == 0)
		r = make_store(pool, argv[1], &store);
	if (r == 0)
		r = secret_zeros(pool, VALUE_SIZE, &value);
	if (r == 0) {
		memset(secret_bytes(value), 'v', VALUE_SIZE);
		population = (struct population){store, value, strtoul(argv[2], NULL, 10),
						 strtoul(argv[3], NULL, 10),
						 strtoul(argv[4], NULL, 10)};
		r = populate(&population);
	}
	if (r < 0)
		fprintf(stderr, "populate: %s\n", strerror(-r));
	return r < 0;
}
