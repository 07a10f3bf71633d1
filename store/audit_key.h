/*
 * The keys of the audit log: each segment of it has a random one of its own, to which its header
 * commits (audit_frame.h), so that the records stay readable when the organisation's key is
 * replaced: what is made anew then is this wrap, which stands behind the header and is no part of
 * what the chain covers.
 *
 *   "credfs audit key" 16 | host's sealed key 80 | epoch u32 | nonce 24 | sealed key 48
 *
 * host's: crypto_box_seal to the host that keeps the log. It stays as it is: with it the host wraps
 * the key again even when the epoch is long gone, or when writing the rest was interrupted.
 * sealed key: XChaCha20-Poly1305-IETF under the audit subkey of the organisation's epoch, for
 * whoever else holds that; its associated data is "credfs audit key v1", then organisation,
 * recipient, number of the segment's first record (64 bits), commitment, epoch (32), little endian.
 * Either is taken only if it is what the header commits to.
 */
#pragma once

#include "store/key.h"

enum {
	AUDIT_KEY_SIZE = 32,
	AUDIT_WRAP_SIZE = 16 + RECIPIENT_SEALED_KEY_SIZE + 4 + 24 + 48,
};

/* Which segment a key is of. */
struct audit_key_place {
	struct org_id org;
	struct recipient_id recipient;
	uint64_t first;
	struct digest commitment;
};

/* A new random key. -ENOMEM, -EPERM as secret_new(). */
int audit_key_new(struct secret_pool *pool, struct secret **ret) MUST_CHECK;

/* Keyed BLAKE2b-256 of "credfs audit commit v1". */
struct digest audit_key_commitment(const struct secret *key);

void audit_key_wrap(const struct secret *key, const struct audit_key_place *place,
		    const struct epoch_key *epoch, const struct recipient_public *host,
		    uint8_t ret[AUDIT_WRAP_SIZE]);

/* Make the epoch's part of a wrap anew. */
void audit_key_rewrap(const struct secret *key, const struct audit_key_place *place,
		      const struct epoch_key *epoch, uint8_t wrap[AUDIT_WRAP_SIZE]);

/* The epoch that a wrap is of; 0 when it is none. */
uint32_t audit_key_epoch(const uint8_t wrap[AUDIT_WRAP_SIZE]);

/* Open a wrap with the organisation's key (may be NULL, or of another epoch) or the host's own (may
 * be NULL). -EBADMSG when neither gives the key that `place` commits to; errors of secret_new(). */
int audit_key_open(struct secret_pool *pool, const struct audit_key_place *place,
		   const uint8_t wrap[AUDIT_WRAP_SIZE], const struct epoch_key *epoch,
		   const struct recipient *host, struct secret **ret) MUST_CHECK;
