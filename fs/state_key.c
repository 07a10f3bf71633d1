#include "fs/state_key.h"

#include <sodium.h>
#include <string.h>

#define KDF_TAG "crfstag_"
_Static_assert(sizeof(KDF_TAG) - 1 == crypto_kdf_CONTEXTBYTES, "exactly 8 bytes");
_Static_assert((int)STATE_KEY_TAG_SIZE == crypto_shorthash_BYTES, "SipHash-2-4");

enum {
	NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	MAC_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
};
_Static_assert((int)STATE_KEY_SEAL_SIZE == NONCE_SIZE + MAC_SIZE, "a sealed message");

struct keys {
	uint8_t seal[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
	uint8_t tag[crypto_shorthash_KEYBYTES];
};

struct state_key {
	struct secret *keys;
	uint8_t nonce[NONCE_SIZE]; /* the next one */
};

static const struct keys *keys_of(const struct state_key *key)
{
	return (const void *)secret_view(key->keys);
}

int state_key_new(struct secret_pool *pool, const struct recipient *recipient,
		  struct state_key **ret)
{
	CLEANUP(state_key_freep) struct state_key *key = calloc(1, sizeof *key);
	struct keys *keys;
	int r;

	if (!key)
		return -ENOMEM;
	r = secret_zeros(pool, sizeof *keys, &key->keys);
	if (r < 0)
		return r;
	keys = (void *)secret_bytes(key->keys);
	randombytes_buf(key->nonce, sizeof key->nonce);
	recipient_state_key(recipient, keys->seal);
	crypto_kdf_derive_from_key(keys->tag, sizeof keys->tag, 1, KDF_TAG, keys->seal);
	*ret = TAKE_PTR(key);
	return 0;
}

struct state_key *state_key_free(struct state_key *key)
{
	if (key)
		secret_free(key->keys);
	free(key);
	return NULL;
}

void state_key_tag(const struct state_key *key, const void *bytes, size_t size,
		   uint8_t ret[STATE_KEY_TAG_SIZE])
{
	crypto_shorthash(ret, bytes, size, keys_of(key)->tag);
}

void state_key_seal(struct state_key *key, const uint8_t *bytes, size_t size, uint8_t *ret)
{
	memcpy(ret, key->nonce, NONCE_SIZE);
	sodium_increment(key->nonce, NONCE_SIZE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(ret + NONCE_SIZE, NULL, bytes, size, NULL, 0,
						   NULL, ret, keys_of(key)->seal);
}

int state_key_open(const struct state_key *key, const uint8_t *sealed, size_t size,
		   struct secret **ret)
{
	CLEANUP_SECRET struct secret *bytes = NULL;
	int r;

	if (size < STATE_KEY_SEAL_SIZE)
		return -EBADMSG;
	r = secret_zeros(secret_pool_of(key->keys), size - STATE_KEY_SEAL_SIZE, &bytes);
	if (r < 0)
		return r;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(secret_bytes(bytes), NULL, NULL,
						       sealed + NONCE_SIZE, size - NONCE_SIZE, NULL,
						       0, sealed, keys_of(key)->seal) != 0)
		return -EBADMSG;
	*ret = TAKE_PTR(bytes);
	return 0;
}
