#include "store/seal.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "store/wire.h"

enum {
	NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	DOMAIN_MAX = 16,
	DATA_MAX = DOMAIN_MAX + 2 * ID_SIZE + 4 + 8 + 4,
};
_Static_assert((int)SEAL_NONCE_SIZE == NONCE_SIZE, "XChaCha20");

struct domain {
	const char *name;
	enum key_use use;
	size_t block; /* plaintext is padded to a multiple of it */
};

static const struct domain domains[] = {
	[SEAL_ITEM] = {"credfs item v1", KEY_ITEM, 64},
	[SEAL_VALUE] = {"credfs value v1", KEY_VALUE, 256},
};
_Static_assert(sizeof(domains) / sizeof(domains[0]) == SEAL_DOMAINS, "a row for each domain");

/* The associated data: all that a ciphertext is bound to. */
static size_t associated_data(const struct domain *domain, const struct seal_context *context,
			      uint8_t ret[DATA_MAX])
{
	uint8_t *at = ret;

	at = wire_store(at, domain->name, strlen(domain->name));
	at = wire_store(at, context->org.bytes, ID_SIZE);
	at = wire_store(at, context->id.bytes, ID_SIZE);
	at = wire_store_u32(at, context->kind);
	at = wire_store_u64(at, context->version);
	at = wire_store_u32(at, context->epoch);
	return (size_t)(at - ret);
}

/* A secret with the padded plaintext. */
static int pad(struct secret_pool *pool, size_t block, const uint8_t *plain, size_t size,
	       struct secret **ret)
{
	CLEANUP_SECRET struct secret *padded = NULL;
	size_t padded_size;
	int r;

	r = secret_zeros(pool, size + block, &padded);
	if (r < 0)
		return r;
	if (size > 0)
		memcpy(secret_bytes(padded), plain, size);
	if (sodium_pad(&padded_size, secret_bytes(padded), size, block, size + block) != 0)
		return -EFBIG;
	r = secret_resize(padded, padded_size);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(padded);
	return 0;
}

/* libsodium's takes as long as opening a value, so that nobody learns the length from it: who
 * opened the value may know it. */
static bool unpad(const uint8_t *bytes, size_t size, size_t block, size_t *ret_size)
{
	const size_t least = size - block;

	while (size > least && bytes[size - 1] == 0)
		size--;
	*ret_size = size - 1;
	return size > least && bytes[size - 1] == 0x80;
}

int seal_make_with_nonce(const struct epoch_key *key, enum seal_domain domain,
			 const struct seal_context *context, const uint8_t nonce[SEAL_NONCE_SIZE],
			 const uint8_t *plain, size_t size, uint8_t **ret, size_t *ret_size)
{
	CLEANUP_SECRET struct secret *padded = NULL;
	CLEANUP_FREE uint8_t *sealed = NULL;
	uint8_t data[DATA_MAX];
	size_t data_size;
	int r;

	assert(domain < SEAL_DOMAINS && epoch_key_epoch(key) == context->epoch);

	if (size > SEAL_PLAIN_MAX)
		return -EFBIG;
	r = pad(epoch_key_pool(key), domains[domain].block, plain, size, &padded);
	if (r < 0)
		return r;
	sealed = malloc(NONCE_SIZE + secret_size(padded) + TAG_SIZE);
	if (!sealed)
		return -ENOMEM;

	memcpy(sealed, nonce, NONCE_SIZE);
	data_size = associated_data(&domains[domain], context, data);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
		sealed + NONCE_SIZE, NULL, secret_view(padded), secret_size(padded), data,
		data_size, NULL, nonce, epoch_key_subkey(key, domains[domain].use));
	*ret_size = NONCE_SIZE + secret_size(padded) + TAG_SIZE;
	*ret = TAKE_PTR(sealed);
	return 0;
}

int seal_make(const struct epoch_key *key, enum seal_domain domain,
	      const struct seal_context *context, const uint8_t *plain, size_t size, uint8_t **ret,
	      size_t *ret_size)
{
	uint8_t nonce[NONCE_SIZE];

	randombytes_buf(nonce, sizeof(nonce));
	return seal_make_with_nonce(key, domain, context, nonce, plain, size, ret, ret_size);
}

/* How much padded plaintext a sealed form of this size holds; 0 when there is none such. */
static size_t padded_size_of(size_t size, size_t block)
{
	if (size <= NONCE_SIZE + TAG_SIZE || size > SEAL_MAX)
		return 0;
	size -= NONCE_SIZE + TAG_SIZE;
	return size % block == 0 ? size : 0;
}

int seal_open(struct secret_pool *pool, const struct epoch_key *key, enum seal_domain domain,
	      const struct seal_context *context, const uint8_t *sealed, size_t size,
	      struct secret **ret)
{
	CLEANUP_SECRET struct secret *plain = NULL;
	size_t data_size, padded_size, plain_size;
	uint8_t data[DATA_MAX];
	int r;

	assert(domain < SEAL_DOMAINS);

	padded_size = padded_size_of(size, domains[domain].block);
	if (padded_size == 0 || epoch_key_epoch(key) != context->epoch)
		return -EBADMSG;
	r = secret_zeros(pool, padded_size, &plain);
	if (r < 0)
		return r;

	data_size = associated_data(&domains[domain], context, data);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		    secret_bytes(plain), NULL, NULL, sealed + NONCE_SIZE, size - NONCE_SIZE, data,
		    data_size, sealed, epoch_key_subkey(key, domains[domain].use)) != 0)
		return -EBADMSG;
	if (!unpad(secret_view(plain), padded_size, domains[domain].block, &plain_size))
		return -EBADMSG;
	r = secret_resize(plain, plain_size);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(plain);
	return 0;
}
