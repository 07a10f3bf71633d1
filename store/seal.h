/*
 * Sealing: XChaCha20-Poly1305-IETF with a random nonce over padded plaintext, bound by its
 * associated data to what it is. The associated data is made in one function here, from the domain
 * and the whole of `struct seal_context`; a ciphertext moved to another place does not open.
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

/* Seal `size` bytes; the caller frees `ret`. -EFBIG above SEAL_PLAIN_MAX, -ENOMEM. */
int seal_make(const struct epoch_key *key, enum seal_domain domain,
	      const struct seal_context *context, const uint8_t *plain, size_t size, uint8_t **ret,
	      size_t *ret_size) MUST_CHECK;

/* Open; -EBADMSG when key, context or bytes are not those that were sealed. */
int seal_open(struct secret_pool *pool, const struct epoch_key *key, enum seal_domain domain,
	      const struct seal_context *context, const uint8_t *sealed, size_t size,
	      struct secret **ret) MUST_CHECK;
