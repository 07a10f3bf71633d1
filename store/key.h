/*
 * Organisation keys. Each epoch of an organisation has one random 32-byte key, sealed to every
 * recipient and committed to in a signed log entry; every use has its own subkey (crypto_kdf, an
 * 8-byte context). An epoch key is opaque, locked and wiped; nothing but seal.c reads a subkey.
 */
#pragma once

#include "store/recipient.h"

struct epoch_key;

/* What a subkey is for; one named use each, and its context. All are subkey 1. */
enum key_use {
	KEY_ITEM,  /* records: names and relations; "crfsitem" */
	KEY_VALUE, /* values of fields; "crfsvalu" */
	KEY_AUDIT, /* the read audit; "crfsaudt" */
	KEY_USES,
};

int epoch_key_generate(struct secret_pool *pool, uint32_t epoch, struct epoch_key **ret) MUST_CHECK;

/* Open a sealed key and compare it with the commitment of the signed entry that introduced it:
 * -EBADMSG when either fails. Sealing alone would let an engine substitute a key of its own. */
int epoch_key_open(struct secret_pool *pool, const struct recipient *recipient, uint32_t epoch,
		   const uint8_t sealed[RECIPIENT_SEALED_KEY_SIZE], const struct digest *commitment,
		   struct epoch_key **ret) MUST_CHECK;

struct epoch_key *epoch_key_free(struct epoch_key *key);
DEFINE_CLEANUP(struct epoch_key, epoch_key_free);

uint32_t epoch_key_epoch(const struct epoch_key *key);
/* The pool it lies in. */
struct secret_pool *epoch_key_pool(const struct epoch_key *key);

/* Keyed BLAKE2b-256 of "credfs dek commit v1" and the epoch (32 bits, little endian). */
struct digest epoch_key_commitment(const struct epoch_key *key);

void epoch_key_seal_to(const struct epoch_key *key, const struct recipient_public *public,
		       uint8_t ret[RECIPIENT_SEALED_KEY_SIZE]);

/* The 32-byte subkey of one use, owned by the key. */
const uint8_t *epoch_key_subkey(const struct epoch_key *key, enum key_use use);
