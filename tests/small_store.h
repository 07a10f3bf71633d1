/*
 * A store with a few organisations of one account and one field each, for tests of what happens to
 * stores as a whole.
 */
#pragma once

#include "store/store.h"
#include "tests/place.h"

static const struct record_id small_account = {{1}}, small_field = {{2}};

struct small_store {
	struct place place;
	struct secret_pool *pool;
	struct identity identity; /* of the host */
	struct store *store;	  /* NULL: closed */
};

static inline void small_store_open(struct small_store *small)
{
	struct identity identity = {0};
	const uint8_t *seed = recipient_seed(small->identity.host);

	cr_assert_eq(recipient_from_seed(small->pool, seed, &identity.host), 0);
	cr_assert_eq(store_open(small->pool, small->place.store, small->place.pins, &identity,
				&small->store),
		     0);
}

static inline void small_store_close(struct small_store *small)
{
	small->store = store_close(small->store);
}

static inline void small_store_init(struct small_store *small)
{
	*small = (struct small_store){.place = place_new()};
	cr_assert_eq(secret_pool_new(8 << 20, &small->pool), 0);
	cr_assert_eq(recipient_generate(small->pool, &small->identity.host), 0);
	cr_assert_eq(store_create(small->place.store, small->place.pins, &small->identity), 0);
	small_store_open(small);
}

static inline void small_store_done(struct small_store *small)
{
	small_store_close(small);
	identity_done(&small->identity);
	secret_pool_free(small->pool);
	place_done(&small->place);
}
#define SMALL_STORE CLEANUP(small_store_done) struct small_store

static inline void small_store_add(struct small_store *small, const char *name)
{
	size_t index;

	cr_assert_eq(store_org_create(small->store, name, NULL, &index), 0);
}

/* One change: the field gets a value of this version. */
static inline void small_store_set(struct small_store *small, size_t index, uint64_t version)
{
	static char account_name[] = "openai", field_name[] = "api_key";
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_SECRET struct secret *value = NULL;
	struct org *org = NULL;
	const struct record account = {
		.id = small_account, .kind = RECORD_ACCOUNT, .name = account_name};
	const struct record field = {.id = small_field,
				     .kind = RECORD_FIELD,
				     .parent = small_account,
				     .name = field_name,
				     .value_version = version};

	cr_assert_eq(secret_copy(small->pool, "value", 5, &value), 0);
	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(change_put(change, &account), 0);
	cr_assert_eq(change_put(change, &field), 0);
	cr_assert_eq(change_put_value(change, small_field, version, value), 0);
	cr_assert_eq(store_org(small->store, index, &org), 0);
	cr_assert_eq(org_commit(org, change), 0);
}

/* A copy of a file beside it, while nobody has it open. */
static inline void small_store_copy(const char *from, const char *to)
{
	BYTES bytes = file_read(from, "");

	cr_assert_not_null(bytes.at);
	file_write(to, bytes.at, bytes.size);
}
