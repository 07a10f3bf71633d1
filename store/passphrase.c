#include "store/passphrase.h"

#include <sodium.h>
#include <string.h>

enum {
	NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	KEY_SIZE = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
};
_Static_assert(NONCE_SIZE + RECIPIENT_SEED_SIZE + TAG_SIZE == PASSPHRASE_SEALED_SIZE, "sealed");
_Static_assert((int)PASSPHRASE_SALT_SIZE == crypto_pwhash_argon2id_SALTBYTES, "argon2id's salt");
_Static_assert((int)PASSPHRASE_LENGTH_MAX < crypto_pwhash_argon2id_PASSWD_MAX, "for argon2id");

struct passphrase_cost passphrase_cost_new(void)
{
	struct passphrase_cost cost = {.operations = PASSPHRASE_OPERATIONS,
				       .mebibytes = PASSPHRASE_MEBIBYTES};

	randombytes_buf(cost.salt, sizeof(cost.salt));
	return cost;
}

int passphrase_cost_check(const struct passphrase_cost *cost)
{
	return cost->operations >= PASSPHRASE_OPERATIONS &&
			       cost->operations <= PASSPHRASE_OPERATIONS_MAX &&
			       cost->mebibytes >= PASSPHRASE_MEBIBYTES_MIN &&
			       cost->mebibytes <= PASSPHRASE_MEBIBYTES_MAX
		       ? 0
		       : -ERANGE;
}

/* The parameters are within argon2id's own bounds, so that only memory can be missing. */
static int make_key(const struct secret *passphrase, const struct passphrase_cost *cost,
		    struct secret **ret)
{
	CLEANUP_SECRET struct secret *key = NULL;
	int r = passphrase_cost_check(cost);

	if (r == 0)
		r = secret_zeros(secret_pool_of(passphrase), KEY_SIZE, &key);
	if (r < 0)
		return r;
	if (crypto_pwhash_argon2id(secret_bytes(key), KEY_SIZE,
				   (const char *)secret_view(passphrase), secret_size(passphrase),
				   cost->salt, cost->operations, (size_t)cost->mebibytes << 20,
				   crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
		return -ENOMEM;
	*ret = TAKE_PTR(key);
	return 0;
}

int passphrase_seal(const struct secret *passphrase, const struct passphrase_cost *cost,
		    const char *context, const uint8_t seed[RECIPIENT_SEED_SIZE],
		    uint8_t ret[PASSPHRASE_SEALED_SIZE])
{
	CLEANUP_SECRET struct secret *key = NULL;
	int r = make_key(passphrase, cost, &key);

	if (r < 0)
		return r;
	randombytes_buf(ret, NONCE_SIZE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(ret + NONCE_SIZE, NULL, seed,
						   RECIPIENT_SEED_SIZE, (const uint8_t *)context,
						   strlen(context), NULL, ret, secret_view(key));
	return 0;
}

int passphrase_open(const struct secret *passphrase, const struct passphrase_cost *cost,
		    const char *context, const uint8_t sealed[PASSPHRASE_SEALED_SIZE],
		    struct secret **ret)
{
	CLEANUP_SECRET struct secret *key = NULL, *seed = NULL;
	int r = make_key(passphrase, cost, &key);

	if (r == 0)
		r = secret_zeros(secret_pool_of(passphrase), RECIPIENT_SEED_SIZE, &seed);
	if (r < 0)
		return r;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		    secret_bytes(seed), NULL, NULL, sealed + NONCE_SIZE,
		    PASSPHRASE_SEALED_SIZE - NONCE_SIZE, (const uint8_t *)context, strlen(context),
		    sealed, secret_view(key)) != 0)
		return -EKEYREJECTED;
	*ret = TAKE_PTR(seed);
	return 0;
}
