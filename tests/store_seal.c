#include "store/seal.h"

#include <sodium.h>

#include "store/wire.h"
#include "tests/vectors.h"

#define CLEANUP_POOL CLEANUP(secret_pool_freep)
#define CLEANUP_RECIPIENT CLEANUP(recipient_freep)
#define CLEANUP_KEY CLEANUP(epoch_key_freep)

enum { BLOCK_ITEM = 64, BLOCK_VALUE = 256, OVERHEAD = 24 + 16 };

static struct secret_pool *pool_new(void)
{
	struct secret_pool *pool = NULL;

	cr_assert_eq(secret_pool_new(4 << 20, &pool), 0);
	return pool;
}

/* The epoch key of a vector, by way of one sealed to a recipient of ours. */
static struct epoch_key *vector_key(struct secret_pool *pool, const json_t *vector)
{
	CLEANUP_RECIPIENT struct recipient *recipient = NULL;
	uint8_t bytes[32], sealed[RECIPIENT_SEALED_KEY_SIZE];
	struct digest commitment;
	struct epoch_key *key = NULL;

	vector_get(vector, "key", bytes, sizeof(bytes));
	vector_get(vector, "commitment", commitment.bytes, DIGEST_SIZE);
	cr_assert_eq(recipient_generate(pool, &recipient), 0);
	recipient_seal_key(recipient_public(recipient), bytes, sealed);
	cr_assert_eq(epoch_key_open(pool, recipient, (uint32_t)vector_number(vector, "key_epoch"),
				    sealed, &commitment, &key),
		     0);
	return key;
}

static enum seal_domain vector_domain(const json_t *vector)
{
	return strcmp(vector_text(vector, "domain"), "item") == 0 ? SEAL_ITEM : SEAL_VALUE;
}

static struct seal_context vector_context(const json_t *vector)
{
	struct seal_context context = {
		.kind = (uint32_t)vector_number(vector, "kind"),
		.version = vector_number(vector, "version"),
		.epoch = (uint32_t)vector_number(vector, "epoch"),
	};

	vector_get(vector, "org", context.org.bytes, ID_SIZE);
	vector_get(vector, "id", context.id.bytes, ID_SIZE);
	return context;
}

Test(seal, bytes_are_those_of_the_vectors)
{
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	json_auto_t *cases = vectors("seal", "cases");
	json_t *vector;
	size_t i;

	json_array_foreach(cases, i, vector)
	{
		CLEANUP_KEY struct epoch_key *key = vector_key(pool, vector);
		struct seal_context context = vector_context(vector);
		CLEANUP_BYTES struct bytes plain = vector_bytes(vector, "plain");
		CLEANUP_SECRET struct secret *opened = NULL;
		CLEANUP_FREE uint8_t *sealed = NULL;
		uint8_t nonce[SEAL_NONCE_SIZE];
		size_t size = 0;

		vector_get(vector, "nonce", nonce, sizeof(nonce));
		cr_assert_eq(seal_make_with_nonce(key, vector_domain(vector), &context, nonce,
						  plain.at, plain.size, &sealed, &size),
			     0);
		cr_assert(vector_holds(vector, "sealed", sealed, size));
		cr_assert_eq(seal_open(pool, key, vector_domain(vector), &context, sealed, size,
				       &opened),
			     0);
		cr_assert(vector_holds(vector, "plain", secret_view(opened), secret_size(opened)));
	}
}

Test(seal, opens_in_no_other_place_and_not_when_altered)
{
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	json_auto_t *refused = vectors("seal", "refused");
	struct secret *opened = NULL;
	json_t *vector;
	size_t i;

	json_array_foreach(refused, i, vector)
	{
		CLEANUP_KEY struct epoch_key *key = vector_key(pool, vector);
		struct seal_context context = vector_context(vector);
		CLEANUP_BYTES struct bytes sealed = vector_bytes(vector, "sealed");

		cr_assert_eq(seal_open(pool, key, vector_domain(vector), &context, sealed.at,
				       sealed.size, &opened),
			     -EBADMSG, "%s, %s", vector_text(vector, "domain"), vector_why(vector));
	}
	cr_assert_null(opened);
}

Test(seal, no_byte_can_be_altered_and_none_left_out)
{
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	CLEANUP_KEY struct epoch_key *key = NULL;
	CLEANUP_FREE uint8_t *sealed = NULL;
	struct seal_context context = {.epoch = 1};
	struct secret *opened = NULL;
	size_t size = 0;

	cr_assert_eq(epoch_key_generate(pool, 1, &key), 0);
	cr_assert_eq(
		seal_make(key, SEAL_ITEM, &context, (const uint8_t *)"record", 6, &sealed, &size),
		0);
	for (size_t i = 0; i < size; i++) {
		sealed[i] ^= 0x80;
		cr_assert_eq(seal_open(pool, key, SEAL_ITEM, &context, sealed, size, &opened),
			     -EBADMSG);
		sealed[i] ^= 0x80;
		cr_assert_eq(seal_open(pool, key, SEAL_ITEM, &context, sealed, i, &opened),
			     -EBADMSG);
	}
	cr_assert_null(opened);
}

static const struct {
	enum seal_domain domain;
	size_t size;
	size_t sealed;
} sizes[] = {
	{SEAL_ITEM, 0, OVERHEAD + BLOCK_ITEM},
	{SEAL_ITEM, BLOCK_ITEM - 1, OVERHEAD + BLOCK_ITEM},
	{SEAL_ITEM, BLOCK_ITEM, OVERHEAD + 2 * BLOCK_ITEM},
	{SEAL_ITEM, SEAL_PLAIN_MAX, OVERHEAD + SEAL_PLAIN_MAX - SEAL_PLAIN_MAX % BLOCK_ITEM + 64},
	{SEAL_VALUE, 0, OVERHEAD + BLOCK_VALUE},
	{SEAL_VALUE, BLOCK_VALUE - 1, OVERHEAD + BLOCK_VALUE},
	{SEAL_VALUE, BLOCK_VALUE, OVERHEAD + 2 * BLOCK_VALUE},
	{SEAL_VALUE, SEAL_PLAIN_MAX,
	 OVERHEAD + SEAL_PLAIN_MAX - SEAL_PLAIN_MAX % BLOCK_VALUE + 256},
};

/* Sealed by a member whose program pads as it likes. */
Test(seal, only_a_byte_0x80_and_zeros_are_a_padding)
{
	static const struct {
		uint8_t byte;
		size_t at;
		int r;
		size_t size;
	} rows[] = {
		{0x80, 0, 0, 0},	 {0x80, 63, 0, 63},	  {0, 0, -EBADMSG, 0},
		{0x01, 63, -EBADMSG, 0}, {0x81, 20, -EBADMSG, 0}, {0x40, 62, -EBADMSG, 0},
	};
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	json_auto_t *cases = vectors("seal", "cases");
	CLEANUP_KEY struct epoch_key *key = vector_key(pool, json_array_get(cases, 0));
	const struct seal_context context = {
		.kind = 7, .version = 9, .epoch = epoch_key_epoch(key)};
	static const uint8_t name[14] = "credfs item v1";
	uint8_t data[sizeof name + 2 * ID_SIZE + 16] = {0}, sealed[24 + BLOCK_ITEM + 16] = {0};

	wire_store_u32(
		wire_store_u64(wire_store_u32(wire_store(data, name, sizeof name) + 2 * ID_SIZE, 7),
			       9),
		context.epoch);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		CLEANUP_SECRET struct secret *opened = NULL;
		uint8_t plain[BLOCK_ITEM] = {0};

		plain[rows[i].at] = rows[i].byte;
		crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + 24, NULL, plain, sizeof plain,
							   data, sizeof data, NULL, sealed,
							   epoch_key_subkey(key, KEY_ITEM));
		cr_expect_eq(
			seal_open(pool, key, SEAL_ITEM, &context, sealed, sizeof sealed, &opened),
			rows[i].r, "row %zu", i);
		if (opened)
			cr_expect_eq(secret_size(opened), rows[i].size);
	}
}

Test(seal, size_shows_only_the_number_of_blocks)
{
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	CLEANUP_FREE uint8_t *plain = calloc(1, SEAL_PLAIN_MAX);
	CLEANUP_KEY struct epoch_key *key = NULL;
	struct seal_context context = {.epoch = 1};

	cr_assert_not_null(plain);
	cr_assert_eq(epoch_key_generate(pool, 1, &key), 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		CLEANUP_SECRET struct secret *opened = NULL;
		CLEANUP_FREE uint8_t *sealed = NULL;
		size_t size = 0;

		cr_assert_eq(seal_make(key, sizes[i].domain, &context, plain, sizes[i].size,
				       &sealed, &size),
			     0);
		cr_assert_eq(size, sizes[i].sealed);
		cr_assert_leq(size, SEAL_MAX);
		cr_assert_eq(seal_open(pool, key, sizes[i].domain, &context, sealed, size, &opened),
			     0);
		cr_assert_eq(secret_size(opened), sizes[i].size);
	}
}

Test(seal, more_than_a_row_holds_is_refused)
{
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	CLEANUP_FREE uint8_t *bytes = calloc(1, SEAL_MAX + BLOCK_VALUE);
	CLEANUP_KEY struct epoch_key *key = NULL;
	struct seal_context context = {.epoch = 1};
	struct secret *opened = NULL;
	uint8_t *sealed = NULL;
	size_t size = 0;

	cr_assert_not_null(bytes);
	cr_assert_eq(epoch_key_generate(pool, 1, &key), 0);
	cr_assert_eq(
		seal_make(key, SEAL_VALUE, &context, bytes, SEAL_PLAIN_MAX + 1, &sealed, &size),
		-EFBIG);
	cr_assert_null(sealed);
	for (size_t more = 1; more <= BLOCK_VALUE; more++)
		cr_assert_eq(
			seal_open(pool, key, SEAL_VALUE, &context, bytes, SEAL_MAX + more, &opened),
			-EBADMSG);
}

Test(seal, same_bytes_are_never_sealed_alike)
{
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	CLEANUP_KEY struct epoch_key *key = NULL;
	CLEANUP_FREE uint8_t *one = NULL, *two = NULL;
	struct seal_context context = {.epoch = 1};
	size_t size = 0;

	cr_assert_eq(epoch_key_generate(pool, 1, &key), 0);
	cr_assert_eq(seal_make(key, SEAL_ITEM, &context, NULL, 0, &one, &size), 0);
	cr_assert_eq(seal_make(key, SEAL_ITEM, &context, NULL, 0, &two, &size), 0);
	for (size_t i = 0; i + 8 <= size; i++)
		cr_assert_arr_neq(one + i, two + i, 8);
}

Test(seal, is_refused_when_the_pool_is_full)
{
	CLEANUP_POOL struct secret_pool *pool = NULL;
	CLEANUP_SECRET struct secret *rest = NULL;
	CLEANUP_KEY struct epoch_key *key = NULL;
	CLEANUP_FREE uint8_t *plain = calloc(1, SEAL_PLAIN_MAX);
	CLEANUP_FREE uint8_t *sealed = NULL;
	struct seal_context context = {.epoch = 1};
	struct secret *opened = NULL;
	uint8_t *none = NULL;
	size_t size = 0;

	cr_assert_not_null(plain);
	cr_assert_eq(secret_pool_new(512 * 1024, &pool), 0);
	cr_assert_eq(epoch_key_generate(pool, 1, &key), 0);
	cr_assert_eq(seal_make(key, SEAL_VALUE, &context, plain, SEAL_PLAIN_MAX, &sealed, &size),
		     0);
	cr_assert_eq(secret_new(pool, 200000, &rest), 0);
	cr_assert_eq(seal_make(key, SEAL_VALUE, &context, plain, SEAL_PLAIN_MAX, &none, &size),
		     -ENOMEM);
	cr_assert_eq(seal_open(pool, key, SEAL_VALUE, &context, sealed, size, &opened), -ENOMEM);
}
