#include "store/key.h"

#include "tests/vectors.h"

#define CLEANUP_POOL CLEANUP(secret_pool_freep)
#define CLEANUP_RECIPIENT CLEANUP(recipient_freep)
#define CLEANUP_KEY CLEANUP(epoch_key_freep)

static struct secret_pool *pool_new(void)
{
	struct secret_pool *pool = NULL;

	cr_assert_eq(secret_pool_new(1 << 20, &pool), 0);
	return pool;
}

/* Open the sealed key of a vector as its recipient. */
static int open_vector(struct secret_pool *pool, const json_t *vector, struct epoch_key **ret)
{
	CLEANUP_RECIPIENT struct recipient *recipient = NULL;
	uint8_t sealed[RECIPIENT_SEALED_KEY_SIZE], seed[RECIPIENT_SEED_SIZE];
	struct digest commitment;

	vector_get(vector, "recipient", seed, sizeof(seed));
	vector_get(vector, "sealed", sealed, sizeof(sealed));
	vector_get(vector, "commitment", commitment.bytes, sizeof(commitment.bytes));
	cr_assert_eq(recipient_from_seed(pool, seed, &recipient), 0);
	return epoch_key_open(pool, recipient, (uint32_t)vector_number(vector, "epoch"), sealed,
			      &commitment, ret);
}

Test(key, sealed_one_opens_to_its_subkeys_and_commitment)
{
	static const char *const uses[] = {"item", "value", "audit"};
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	json_auto_t *vector = vectors("key", "case");
	CLEANUP_KEY struct epoch_key *key = NULL;
	struct digest commitment;

	cr_assert_eq(open_vector(pool, vector, &key), 0);
	cr_assert_eq(epoch_key_epoch(key), vector_number(vector, "epoch"));
	cr_assert_eq(epoch_key_pool(key), pool);
	commitment = epoch_key_commitment(key);
	cr_assert(vector_holds(vector, "commitment", commitment.bytes, DIGEST_SIZE));
	for (enum key_use use = 0; use < KEY_USES; use++)
		cr_assert(vector_holds(json_object_get(vector, "subkeys"), uses[use],
				       epoch_key_subkey(key, use), 32));
}

Test(key, any_other_than_the_committed_one_is_refused)
{
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	json_auto_t *refused = vectors("key", "refused");
	struct epoch_key *key = NULL;
	json_t *vector;
	size_t i;

	json_array_foreach(refused, i, vector)
		cr_assert_eq(open_vector(pool, vector, &key), -EBADMSG, "%s", vector_why(vector));
	cr_assert_null(key);
}

Test(key, generated_one_opens_to_whom_it_was_sealed)
{
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	CLEANUP_RECIPIENT struct recipient *recipient = NULL, *other = NULL;
	CLEANUP_KEY struct epoch_key *key = NULL, *opened = NULL, *none = NULL;
	uint8_t sealed[RECIPIENT_SEALED_KEY_SIZE];
	struct digest commitment;

	cr_assert_eq(recipient_generate(pool, &recipient), 0);
	cr_assert_eq(recipient_generate(pool, &other), 0);
	cr_assert_eq(epoch_key_generate(pool, 3, &key), 0);
	commitment = epoch_key_commitment(key);
	epoch_key_seal_to(key, recipient_public(recipient), sealed);

	cr_assert_eq(epoch_key_open(pool, recipient, 3, sealed, &commitment, &opened), 0);
	for (enum key_use use = 0; use < KEY_USES; use++)
		cr_assert_arr_eq(epoch_key_subkey(opened, use), epoch_key_subkey(key, use), 32);
	cr_assert_eq(epoch_key_open(pool, other, 3, sealed, &commitment, &none), -EBADMSG);
	cr_assert_eq(epoch_key_open(pool, recipient, 4, sealed, &commitment, &none), -EBADMSG);
}

Test(key, subkeys_and_generated_keys_all_differ)
{
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	CLEANUP_KEY struct epoch_key *first = NULL, *second = NULL;
	const uint8_t *subkeys[2 * KEY_USES];

	cr_assert_eq(epoch_key_generate(pool, 1, &first), 0);
	cr_assert_eq(epoch_key_generate(pool, 1, &second), 0);
	for (enum key_use use = 0; use < KEY_USES; use++) {
		subkeys[use] = epoch_key_subkey(first, use);
		subkeys[KEY_USES + use] = epoch_key_subkey(second, use);
	}
	for (size_t i = 0; i < 2 * KEY_USES; i++)
		for (size_t j = 0; j < i; j++)
			cr_assert_arr_neq(subkeys[i], subkeys[j], 32);
}
