#include "store/recipient.h"

#include <ctype.h>
#include <sodium.h>
#include <string.h>

#include "store/wire.h"

#define KDF_RECIPIENT "crfsrcpt"
#define KDF_HOST "crfshost"
_Static_assert(sizeof(KDF_RECIPIENT) - 1 == crypto_kdf_CONTEXTBYTES, "exactly 8 bytes");
_Static_assert(sizeof(KDF_HOST) - 1 == crypto_kdf_CONTEXTBYTES, "exactly 8 bytes");
_Static_assert((int)RECIPIENT_SEED_SIZE == crypto_kdf_KEYBYTES, "the seed is a kdf key");
_Static_assert((int)RECIPIENT_SIGNATURE_SIZE == crypto_sign_BYTES, "Ed25519");
_Static_assert((int)RECIPIENT_SEALED_KEY_SIZE == 32 + crypto_box_SEALBYTES, "a sealed key");

#define TEXT_PREFIX "credfsr1"
enum {
	CHECKSUM_SIZE = 4,
	TEXT_BYTES = sizeof(struct recipient_public) + CHECKSUM_SIZE,
	PHRASE_BYTES = RECIPIENT_SEED_SIZE + CHECKSUM_SIZE,
	PHRASE_GROUP = 4, /* digits */
	PHRASE_GROUPS = 2 * PHRASE_BYTES / PHRASE_GROUP,
	PHRASE_SIZE = PHRASE_GROUPS * (PHRASE_GROUP + 1) - 1,
};
_Static_assert(sizeof(struct recipient_public) == 64, "two keys and nothing else");

/* What the recipient's secret holds. */
struct private_keys {
	uint8_t seed[RECIPIENT_SEED_SIZE];
	uint8_t box[crypto_box_SECRETKEYBYTES];
	uint8_t sign[crypto_sign_SECRETKEYBYTES];
	uint8_t derived[32]; /* of use while the pairs are made */
};

struct recipient {
	struct secret *keys;
	struct recipient_public public;
};

static const struct private_keys *private_keys(const struct recipient *recipient)
{
	return (const void *)secret_view(recipient->keys);
}

static void derive_pairs(struct private_keys *keys, struct recipient_public *ret)
{
	crypto_kdf_derive_from_key(keys->derived, sizeof(keys->derived), 1, KDF_RECIPIENT,
				   keys->seed);
	crypto_box_seed_keypair(ret->box, keys->box, keys->derived);
	crypto_kdf_derive_from_key(keys->derived, sizeof(keys->derived), 2, KDF_RECIPIENT,
				   keys->seed);
	crypto_sign_seed_keypair(ret->sign, keys->sign, keys->derived);
	sodium_memzero(keys->derived, sizeof(keys->derived));
}

/* From the seed at `seed`, or a random one for NULL. */
static int recipient_new(struct secret_pool *pool, const uint8_t *seed, struct recipient **ret)
{
	CLEANUP(recipient_freep) struct recipient *recipient = NULL;
	struct private_keys *keys;
	int r;

	recipient = calloc(1, sizeof(*recipient));
	if (!recipient)
		return -ENOMEM;
	r = secret_zeros(pool, sizeof(struct private_keys), &recipient->keys);
	if (r < 0)
		return r;

	keys = (void *)secret_bytes(recipient->keys);
	if (seed)
		memcpy(keys->seed, seed, sizeof(keys->seed));
	else
		randombytes_buf(keys->seed, sizeof(keys->seed));
	derive_pairs(keys, &recipient->public);
	*ret = TAKE_PTR(recipient);
	return 0;
}

int recipient_from_seed(struct secret_pool *pool, const uint8_t seed[RECIPIENT_SEED_SIZE],
			struct recipient **ret)
{
	return recipient_new(pool, seed, ret);
}

int recipient_generate(struct secret_pool *pool, struct recipient **ret)
{
	return recipient_new(pool, NULL, ret);
}

struct recipient *recipient_free(struct recipient *recipient)
{
	if (!recipient)
		return NULL;
	secret_free(recipient->keys);
	free(recipient);
	return NULL;
}

const struct recipient_public *recipient_public(const struct recipient *recipient)
{
	return &recipient->public;
}

const uint8_t *recipient_seed(const struct recipient *recipient)
{
	return private_keys(recipient)->seed;
}

struct secret_pool *recipient_pool(const struct recipient *recipient)
{
	return secret_pool_of(recipient->keys);
}

struct recipient_id recipient_public_id(const struct recipient_public *public)
{
	static const char domain[] = "credfs recipient v1";
	uint8_t named[sizeof(domain) - 1 + sizeof(*public)];
	struct recipient_id id;

	wire_store(wire_store(named, domain, sizeof(domain) - 1), public, sizeof(*public));
	crypto_generichash(id.bytes, ID_SIZE, named, sizeof(named), NULL, 0);
	return id;
}

bool recipient_public_is_valid(const struct recipient_public *public)
{
	static const uint8_t scalar[crypto_scalarmult_SCALARBYTES] = {1};
	uint8_t shared[crypto_scalarmult_BYTES];

	/* A product of zero is what keys of low order are known by. */
	return crypto_scalarmult(shared, scalar, public->box) == 0 &&
	       crypto_core_ed25519_is_valid_point(public->sign) == 1;
}

void recipient_public_format(const struct recipient_public *public, char ret[RECIPIENT_TEXT_SIZE])
{
	struct recipient_id id = recipient_public_id(public);
	uint8_t bytes[TEXT_BYTES];

	wire_store(wire_store(bytes, public, sizeof(*public)), id.bytes, CHECKSUM_SIZE);
	memcpy(ret, TEXT_PREFIX, strlen(TEXT_PREFIX));
	sodium_bin2base64(ret + strlen(TEXT_PREFIX), RECIPIENT_TEXT_SIZE - strlen(TEXT_PREFIX),
			  bytes, sizeof(bytes), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

int recipient_public_parse(const char *text, struct recipient_public *ret)
{
	char canonical[RECIPIENT_TEXT_SIZE];
	struct recipient_public public;
	uint8_t bytes[TEXT_BYTES];
	size_t size;

	if (strlen(text) != RECIPIENT_TEXT_SIZE - 1)
		return -EBADMSG;
	if (sodium_base642bin(bytes, sizeof(bytes), text + strlen(TEXT_PREFIX),
			      strlen(text) - strlen(TEXT_PREFIX), NULL, &size, NULL,
			      sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
		return -EBADMSG;
	if (size != sizeof(bytes))
		return -EBADMSG;

	/* Prefix, checksum and spelling at once. */
	memcpy(&public, bytes, sizeof(public));
	recipient_public_format(&public, canonical);
	if (strcmp(text, canonical) != 0 || !recipient_public_is_valid(&public))
		return -EBADMSG;

	*ret = public;
	return 0;
}

int recipient_phrase(const struct recipient *recipient, struct secret_pool *pool,
		     struct secret **ret)
{
	struct recipient_id id = recipient_public_id(&recipient->public);
	CLEANUP_SECRET struct secret *phrase = NULL;
	char *text;
	int r;

	r = secret_zeros(pool, PHRASE_SIZE, &phrase);
	if (r < 0)
		return r;

	text = (char *)secret_bytes(phrase);
	sodium_bin2hex(text, PHRASE_SIZE, recipient_seed(recipient), RECIPIENT_SEED_SIZE);
	sodium_bin2hex(text + 2 * RECIPIENT_SEED_SIZE, PHRASE_SIZE - 2 * RECIPIENT_SEED_SIZE,
		       id.bytes, CHECKSUM_SIZE);
	/* Spread the groups from the last one on, each to its place. */
	for (size_t i = PHRASE_GROUPS; i-- > 1;) {
		memmove(text + i * (PHRASE_GROUP + 1), text + i * PHRASE_GROUP, PHRASE_GROUP);
		text[i * (PHRASE_GROUP + 1) - 1] = ' ';
	}
	*ret = TAKE_PTR(phrase);
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The bytes that a phrase spells, `size` of them and no more. */
static int phrase_read(const char *text, size_t text_size, uint8_t *bytes, size_t size)
{
	size_t digits = 0;

	for (size_t i = 0; i < text_size; i++) {
		int digit = hex_digit(text[i]);

		if (text[i] == '-' || isspace((unsigned char)text[i]))
			continue;
		if (digit < 0 || digits == 2 * size)
			return -EBADMSG;
		bytes[digits / 2] = (uint8_t)(bytes[digits / 2] << 4 | digit);
		digits++;
	}
	return digits == 2 * size ? 0 : -EBADMSG;
}

int recipient_from_phrase(struct secret_pool *pool, const char *text, size_t size,
			  struct recipient **ret)
{
	CLEANUP(recipient_freep) struct recipient *recipient = NULL;
	CLEANUP_SECRET struct secret *bytes = NULL;
	struct recipient_id id;
	int r;

	r = secret_zeros(pool, PHRASE_BYTES, &bytes);
	if (r < 0)
		return r;
	r = phrase_read(text, size, secret_bytes(bytes), PHRASE_BYTES);
	if (r < 0)
		return r;
	r = recipient_from_seed(pool, secret_view(bytes), &recipient);
	if (r < 0)
		return r;

	id = recipient_public_id(&recipient->public);
	if (sodium_memcmp(secret_view(bytes) + RECIPIENT_SEED_SIZE, id.bytes, CHECKSUM_SIZE) != 0)
		return -EBADMSG;
	*ret = TAKE_PTR(recipient);
	return 0;
}

void recipient_seal_key(const struct recipient_public *public, const uint8_t key[32],
			uint8_t ret[RECIPIENT_SEALED_KEY_SIZE])
{
	/* A key of low order has no shared secret. What is sealed to it opens to nobody. */
	if (crypto_box_seal(ret, key, 32, public->box) != 0)
		memset(ret, 0, RECIPIENT_SEALED_KEY_SIZE);
}

int recipient_open_key(const struct recipient *recipient,
		       const uint8_t sealed[RECIPIENT_SEALED_KEY_SIZE], uint8_t ret[32])
{
	if (crypto_box_seal_open(ret, sealed, RECIPIENT_SEALED_KEY_SIZE, recipient->public.box,
				 private_keys(recipient)->box) != 0)
		return -EBADMSG;
	return 0;
}

static void sign_state(crypto_sign_state *state, const char *domain, const uint8_t *bytes,
		       size_t size)
{
	crypto_sign_init(state);
	crypto_sign_update(state, (const uint8_t *)domain, strlen(domain));
	crypto_sign_update(state, bytes, size);
}

void recipient_sign(const struct recipient *recipient, const char *domain, const uint8_t *bytes,
		    size_t size, uint8_t ret[RECIPIENT_SIGNATURE_SIZE])
{
	crypto_sign_state state;

	sign_state(&state, domain, bytes, size);
	crypto_sign_final_create(&state, ret, NULL, private_keys(recipient)->sign);
}

int recipient_verify(const struct recipient_public *public, const char *domain,
		     const uint8_t *bytes, size_t size,
		     const uint8_t signature[RECIPIENT_SIGNATURE_SIZE])
{
	crypto_sign_state state;

	sign_state(&state, domain, bytes, size);
	if (crypto_sign_final_verify(&state, signature, public->sign) != 0)
		return -EBADMSG;
	return 0;
}

void recipient_host_key(const struct recipient *recipient, uint8_t ret[32])
{
	crypto_kdf_derive_from_key(ret, 32, 1, KDF_HOST, recipient_seed(recipient));
}

void recipient_state_key(const struct recipient *recipient, uint8_t ret[32])
{
	crypto_kdf_derive_from_key(ret, 32, 2, KDF_HOST, recipient_seed(recipient));
}
