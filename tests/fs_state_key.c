#include "fs/state_key.h"

#include <criterion/criterion.h>
#include <string.h>

struct keys {
	struct secret_pool *pool;
	struct recipient *recipient;
	struct state_key *key;
};

static void keys_done(struct keys *keys)
{
	state_key_free(keys->key);
	recipient_free(keys->recipient);
	secret_pool_free(keys->pool);
}

static struct keys keys_new(uint8_t first)
{
	const uint8_t seed[RECIPIENT_SEED_SIZE] = {first};
	struct keys keys = {0};

	cr_assert_eq(secret_pool_new(1 << 20, &keys.pool), 0);
	cr_assert_eq(recipient_from_seed(keys.pool, seed, &keys.recipient), 0);
	cr_assert_eq(state_key_new(keys.pool, keys.recipient, &keys.key), 0);
	return keys;
}
#define KEYS CLEANUP(keys_done) struct keys

Test(state_key, another_worker_of_the_same_host_opens_what_was_sealed)
{
	KEYS one = keys_new(1);
	KEYS other = keys_new(1);
	CLEANUP_SECRET struct secret *opened = NULL;
	uint8_t sealed[5 + STATE_KEY_SEAL_SIZE];

	state_key_seal(one.key, (const uint8_t *)"value", 5, sealed);
	cr_expect_null(memmem(sealed, sizeof sealed, "value", 5));
	cr_assert_eq(state_key_open(other.key, sealed, sizeof sealed, &opened), 0);
	cr_assert_eq(secret_size(opened), 5);
	cr_expect_eq(memcmp(secret_view(opened), "value", 5), 0);
}

Test(state_key, nothing_that_was_altered_or_is_another_hosts_is_opened)
{
	KEYS one = keys_new(1);
	KEYS other = keys_new(2);
	CLEANUP_SECRET struct secret *opened = NULL;
	uint8_t sealed[5 + STATE_KEY_SEAL_SIZE];

	state_key_seal(one.key, (const uint8_t *)"value", 5, sealed);
	cr_expect_eq(state_key_open(other.key, sealed, sizeof sealed, &opened), -EBADMSG);
	for (size_t i = 0; i < sizeof sealed; i++) {
		sealed[i] ^= 1;
		cr_expect_eq(state_key_open(one.key, sealed, sizeof sealed, &opened), -EBADMSG);
		sealed[i] ^= 1;
		cr_expect_eq(state_key_open(one.key, sealed, i, &opened), -EBADMSG);
	}
	cr_expect_null(opened);
}

Test(state_key, a_tag_is_of_the_bytes_and_the_host)
{
	KEYS one = keys_new(1);
	KEYS other = keys_new(2);
	uint8_t tags[3][STATE_KEY_TAG_SIZE];

	state_key_tag(one.key, "bytes", 5, tags[0]);
	state_key_tag(one.key, "bytez", 5, tags[1]);
	state_key_tag(other.key, "bytes", 5, tags[2]);
	cr_expect_neq(memcmp(tags[0], tags[1], sizeof tags[0]), 0);
	cr_expect_neq(memcmp(tags[0], tags[2], sizeof tags[0]), 0);
	state_key_tag(one.key, "bytes", 5, tags[1]);
	cr_expect_eq(memcmp(tags[0], tags[1], sizeof tags[0]), 0);
}
