#include "store/key.h"

#include <assert.h>
#include <sodium.h>

#include "store/wire.h"

#define KDF_ITEM "crfsitem"
#define KDF_VALUE "crfsvalu"
#define KDF_AUDIT "crfsaudt"
_Static_assert(sizeof(KDF_ITEM) - 1 == crypto_kdf_CONTEXTBYTES, "exactly 8 bytes");
_Static_assert(sizeof(KDF_VALUE) - 1 == crypto_kdf_CONTEXTBYTES, "exactly 8 bytes");
_Static_assert(sizeof(KDF_AUDIT) - 1 == crypto_kdf_CONTEXTBYTES, "exactly 8 bytes");

static const char *const kdf_contexts[] = {
	[KEY_ITEM] = KDF_ITEM,
	[KEY_VALUE] = KDF_VALUE,
	[KEY_AUDIT] = KDF_AUDIT,
};
_Static_assert(sizeof(kdf_contexts) / sizeof(kdf_contexts[0]) == KEY_USES, "a context for each");

enum { KEY_SIZE = crypto_kdf_KEYBYTES };

/* What the key's secret holds. */
struct epoch_keys {
	uint8_t key[KEY_SIZE];
	uint8_t subkeys[KEY_USES][KEY_SIZE];
};

struct epoch_key {
	uint32_t epoch;
	struct secret *keys;
};

static const struct epoch_keys *epoch_keys(const struct epoch_key *key)
{
	return (const void *)secret_view(key->keys);
}

/* An epoch key of zeros, for the caller to fill and derive from. */
static int epoch_key_new(struct secret_pool *pool, uint32_t epoch, struct epoch_key **ret)
{
	CLEANUP(epoch_key_freep) struct epoch_key *key = NULL;
	int r;

	key = calloc(1, sizeof(*key));
	if (!key)
		return -ENOMEM;
	key->epoch = epoch;
	r = secret_zeros(pool, sizeof(struct epoch_keys), &key->keys);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(key);
	return 0;
}

static void derive_subkeys(struct epoch_keys *keys)
{
	for (size_t use = 0; use < KEY_USES; use++)
		crypto_kdf_derive_from_key(keys->subkeys[use], KEY_SIZE, 1, kdf_contexts[use],
					   keys->key);
}

int epoch_key_generate(struct secret_pool *pool, uint32_t epoch, struct epoch_key **ret)
{
	struct epoch_keys *keys;
	int r;

	r = epoch_key_new(pool, epoch, ret);
	if (r < 0)
		return r;
	keys = (void *)secret_bytes((*ret)->keys);
	randombytes_buf(keys->key, KEY_SIZE);
	derive_subkeys(keys);
	return 0;
}

int epoch_key_open(struct secret_pool *pool, const struct recipient *recipient, uint32_t epoch,
		   const uint8_t sealed[RECIPIENT_SEALED_KEY_SIZE], const struct digest *commitment,
		   struct epoch_key **ret)
{
	CLEANUP(epoch_key_freep) struct epoch_key *key = NULL;
	struct epoch_keys *keys;
	struct digest computed;
	int r;

	r = epoch_key_new(pool, epoch, &key);
	if (r < 0)
		return r;
	keys = (void *)secret_bytes(key->keys);
	r = recipient_open_key(recipient, sealed, keys->key);
	if (r < 0)
		return r;
	computed = epoch_key_commitment(key);
	if (sodium_memcmp(computed.bytes, commitment->bytes, DIGEST_SIZE) != 0)
		return -EBADMSG;

	derive_subkeys(keys);
	*ret = TAKE_PTR(key);
	return 0;
}

struct epoch_key *epoch_key_free(struct epoch_key *key)
{
	if (!key)
		return NULL;
	secret_free(key->keys);
	free(key);
	return NULL;
}

uint32_t epoch_key_epoch(const struct epoch_key *key)
{
	return key->epoch;
}

struct secret_pool *epoch_key_pool(const struct epoch_key *key)
{
	return secret_pool_of(key->keys);
}

struct digest epoch_key_commitment(const struct epoch_key *key)
{
	static const char domain[] = "credfs dek commit v1";
	uint8_t named[sizeof(domain) - 1 + sizeof(key->epoch)];
	struct digest digest;

	wire_store_u32(wire_store(named, domain, sizeof(domain) - 1), key->epoch);
	crypto_generichash(digest.bytes, DIGEST_SIZE, named, sizeof(named), epoch_keys(key)->key,
			   KEY_SIZE);
	return digest;
}

void epoch_key_seal_to(const struct epoch_key *key, const struct recipient_public *public,
		       uint8_t ret[RECIPIENT_SEALED_KEY_SIZE])
{
	recipient_seal_key(public, epoch_keys(key)->key, ret);
}

const uint8_t *epoch_key_subkey(const struct epoch_key *key, enum key_use use)
{
	assert(use < KEY_USES);
	return epoch_keys(key)->subkeys[use];
}
