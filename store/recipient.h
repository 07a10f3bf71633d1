/*
 * Recipients: whoever can open an organisation's keys and sign its log. A recipient is one 32-byte
 * seed, from which an X25519 pair (sealing) and an Ed25519 pair (signing) are derived with
 * crypto_kdf, context "crfsrcpt", subkeys 1 and 2. The private side is opaque and lives in locked
 * memory; the public side is a plain value. One recipient may be used by several threads.
 */
#pragma once

#include "store/id.h"
#include "store/secret.h"

enum {
	RECIPIENT_SEED_SIZE = 32,
	RECIPIENT_SIGNATURE_SIZE = 64,
	RECIPIENT_SEALED_KEY_SIZE = 80, /* crypto_box_seal of a 32-byte key */
};

struct recipient;

struct recipient_public {
	uint8_t box[32];  /* X25519 */
	uint8_t sign[32]; /* Ed25519 */
};

/* From a seed, which is copied. -ENOMEM, -EPERM as secret_new(). */
int recipient_from_seed(struct secret_pool *pool, const uint8_t seed[RECIPIENT_SEED_SIZE],
			struct recipient **ret) MUST_CHECK;

/* A new random recipient. */
int recipient_generate(struct secret_pool *pool, struct recipient **ret) MUST_CHECK;

struct recipient *recipient_free(struct recipient *recipient);
DEFINE_CLEANUP(struct recipient, recipient_free);

const struct recipient_public *recipient_public(const struct recipient *recipient);
const uint8_t *recipient_seed(const struct recipient *recipient);
/* The pool its private side lies in. */
struct secret_pool *recipient_pool(const struct recipient *recipient);

/* BLAKE2b-128 of "credfs recipient v1" and the two public keys. */
struct recipient_id recipient_public_id(const struct recipient_public *public);

/* Whether both are keys at all: a point of low order gives no shared secret. */
bool recipient_public_is_valid(const struct recipient_public *public);

/* The printed form, "credfsr1" and base64url, without padding, of both keys and a checksum, the
 * first 4 bytes of the id: what an operator passes by hand. `ret` has room for RECIPIENT_TEXT_SIZE
 * bytes, NUL included. */
enum { RECIPIENT_TEXT_SIZE = 8 + 91 + 1 };
void recipient_public_format(const struct recipient_public *public, char ret[RECIPIENT_TEXT_SIZE]);
/* -EBADMSG for anything that recipient_public_format() would not print, and for keys that are not
 * valid. */
int recipient_public_parse(const char *text, struct recipient_public *ret) MUST_CHECK;

/* The recovery phrase: the seed and a checksum, the first 4 bytes of the recipient's id, in
 * hexadecimal, 18 groups of 4 digits joined by single spaces; the result's size leaves no NUL. */
int recipient_phrase(const struct recipient *recipient, struct secret_pool *pool,
		     struct secret **ret) MUST_CHECK;
/* Reads a phrase: case, blanks and dashes do not matter. -EBADMSG on a wrong digit, length or
 * checksum. */
int recipient_from_phrase(struct secret_pool *pool, const char *text, size_t size,
			  struct recipient **ret) MUST_CHECK;

/* Seal a 32-byte key to a recipient (crypto_box_seal); to public keys that are not valid it gives
 * zeros, which nobody opens. */
void recipient_seal_key(const struct recipient_public *public, const uint8_t key[32],
			uint8_t ret[RECIPIENT_SEALED_KEY_SIZE]);
/* Open one. -EBADMSG when it was not sealed to this recipient. */
int recipient_open_key(const struct recipient *recipient,
		       const uint8_t sealed[RECIPIENT_SEALED_KEY_SIZE], uint8_t ret[32]) MUST_CHECK;

/* Sign `domain` (a string, its NUL left out) followed by `bytes` with Ed25519ph. */
void recipient_sign(const struct recipient *recipient, const char *domain, const uint8_t *bytes,
		    size_t size, uint8_t ret[RECIPIENT_SIGNATURE_SIZE]);
/* -EBADMSG when the signature does not hold. */
int recipient_verify(const struct recipient_public *public, const char *domain,
		     const uint8_t *bytes, size_t size,
		     const uint8_t signature[RECIPIENT_SIGNATURE_SIZE]) MUST_CHECK;

/* A key for what this host keeps for itself alone (its list of organisations), derived from the
 * seed with crypto_kdf, context "crfshost", subkey 1. */
void recipient_host_key(const struct recipient *recipient, uint8_t ret[32]);

/* The same for what a mount keeps while its worker is replaced, subkey 2. */
void recipient_state_key(const struct recipient *recipient, uint8_t ret[32]);
