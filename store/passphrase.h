/*
 * A passphrase and what it opens: a seed of 32 bytes, sealed under a key that argon2id makes of the
 * passphrase. The seed is random and stays the same when the passphrase is changed, so that no
 * organisation has to learn of it.
 *
 * What the key costs is written beside what it seals, by whoever can write there: it is held
 * against fixed bounds before it is used. Where the memory for it cannot be had there is no key;
 * nothing is ever made cheaper. Any thread.
 */
#pragma once

#include <stddef.h>

#include "store/recipient.h"

enum {
	PASSPHRASE_LENGTH_MIN = 8, /* bytes, of one that is to be new */
	PASSPHRASE_LENGTH_MAX = 1024,
	PASSPHRASE_SALT_SIZE = 16,
	PASSPHRASE_SEALED_SIZE = 24 + RECIPIENT_SEED_SIZE + 16, /* nonce, seed, tag */
	PASSPHRASE_OPERATIONS = 3,
	PASSPHRASE_OPERATIONS_MAX = 10,
	PASSPHRASE_MEBIBYTES = 256,
	PASSPHRASE_MEBIBYTES_MIN = 64,
	PASSPHRASE_MEBIBYTES_MAX = 2048,
};

/* What the key is made with. */
struct passphrase_cost {
	unsigned operations; /* passes over the memory */
	unsigned mebibytes;
	uint8_t salt[PASSPHRASE_SALT_SIZE];
};

/* The usual cost, with a salt of its own. */
struct passphrase_cost passphrase_cost_new(void);

/* -ERANGE: cheaper or dearer than is ever used, 3 to 10 passes over 64 MiB to 2 GiB. */
int passphrase_cost_check(const struct passphrase_cost *cost) MUST_CHECK;

/* Seal a seed and bind `context` (not secret) to it. -ERANGE as above; -ENOMEM when the memory that
 * it costs cannot be had; -EPERM. */
int passphrase_seal(const struct secret *passphrase, const struct passphrase_cost *cost,
		    const char *context, const uint8_t seed[RECIPIENT_SEED_SIZE],
		    uint8_t ret[PASSPHRASE_SEALED_SIZE]) MUST_CHECK;

/* -EKEYREJECTED when it is another passphrase, or cost, context or seed are not what was sealed;
 * otherwise as above. The caller owns `ret`. */
int passphrase_open(const struct secret *passphrase, const struct passphrase_cost *cost,
		    const char *context, const uint8_t sealed[PASSPHRASE_SEALED_SIZE],
		    struct secret **ret) MUST_CHECK;
