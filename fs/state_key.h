/*
 * The key under which a worker leaves values to its successor, in memory that others hold too: it
 * is derived from the host's seed, which only workers have. Sealing is XChaCha20-Poly1305; a
 * worker's nonces begin at random and go on by one, which of 2^192 beginnings no two workers' do
 * alike. A tag (SipHash) tells what one of us wrote. One thread at a time.
 */
#pragma once

#include "store/recipient.h"

enum { STATE_KEY_TAG_SIZE = 8, STATE_KEY_SEAL_SIZE = 24 + 16 };

struct state_key;

/* -ENOMEM, -EPERM as secret_new(). */
int state_key_new(struct secret_pool *pool, const struct recipient *recipient,
		  struct state_key **ret) MUST_CHECK;
struct state_key *state_key_free(struct state_key *key);
DEFINE_CLEANUP(struct state_key, state_key_free);

void state_key_tag(const struct state_key *key, const void *bytes, size_t size,
		   uint8_t ret[STATE_KEY_TAG_SIZE]);

/* `ret` has room for STATE_KEY_SEAL_SIZE bytes more than `size`. */
void state_key_seal(struct state_key *key, const uint8_t *bytes, size_t size, uint8_t *ret);
/* `size` is that of what is sealed. -EBADMSG; -ENOMEM, -EPERM as secret_new(). */
int state_key_open(const struct state_key *key, const uint8_t *sealed, size_t size,
		   struct secret **ret) MUST_CHECK;
