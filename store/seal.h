/*
 * Sealing: XChaCha20-Poly1305-IETF with a random nonce over padded plaintext, bound by its
 * associated data to what it is: the domain's name, then organisation, id, kind (32 bits), version
 * (64), epoch (32), little endian. It is made in one function here; a ciphertext moved to another
 * place does not open. Padding: a byte 0x80, then zeros, to a multiple of the domain's block.
 * Sealed form: nonce (24) || ciphertext || tag (16).
 */
#pragma once

#include "store/key.h"

enum seal_domain {
	SEAL_ITEM,  /* padded to 64 bytes, subkey KEY_ITEM, "credfs item v1" */
	SEAL_VALUE, /* padded to 256 bytes, subkey KEY_VALUE, "credfs value v1" */
	SEAL_DOMAINS,
};

struct seal_context {
	struct org_id org;
	struct record_id id;
	uint32_t kind;
	uint64_t version;
	uint32_t epoch;
};

/* What a sealed row may at most measure, nonce, padding and tag included. */
enum { SEAL_PLAIN_MAX = 64 * 1024 + 16, SEAL_MAX = SEAL_PLAIN_MAX + 256 + 24 + 16 };

/* Seal `size` bytes; the caller frees `ret`. `context` is of the key's epoch. -EFBIG above
 * SEAL_PLAIN_MAX; -ENOMEM, -EPERM as secret_new(), from the key's pool. */
int seal_make(const struct epoch_key *key, enum seal_domain domain,
	      const struct seal_context *context, const uint8_t *plain, size_t size, uint8_t **ret,
	      size_t *ret_size) MUST_CHECK;

/* Open; -EBADMSG when key, context or bytes are not those that were sealed; -ENOMEM, -EPERM as
 * secret_new(). */
int seal_open(struct secret_pool *pool, const struct epoch_key *key, enum seal_domain domain,
	      const struct seal_context *context, const uint8_t *sealed, size_t size,
	      struct secret **ret) MUST_CHECK;

/* For test vectors alone: one nonce used twice gives the key's plaintexts away. */
enum { SEAL_NONCE_SIZE = 24 };
int seal_make_with_nonce(const struct epoch_key *key, enum seal_domain domain,
			 const struct seal_context *context, const uint8_t nonce[SEAL_NONCE_SIZE],
			 const uint8_t *plain, size_t size, uint8_t **ret,
			 size_t *ret_size) MUST_CHECK;
