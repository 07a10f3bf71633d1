/*
 * Identifiers: plain values, compared and copied freely, secret to nobody who holds the store.
 * Each kind is a type of its own, so that one cannot be passed for another.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { ID_SIZE = 16, DIGEST_SIZE = 32 };

/* A BLAKE2b-256 digest. */
struct digest {
	uint8_t bytes[DIGEST_SIZE];
};

/* An organisation: the first 16 bytes of its fingerprint, the digest of its genesis entry. */
struct org_id {
	uint8_t bytes[ID_SIZE];
};

/* A record of an organisation (account, field, project, ...): random, chosen by its writer. All
 * zero stands for the organisation itself. */
struct record_id {
	uint8_t bytes[ID_SIZE];
};

/* A recipient (host, recovery phrase): a digest of its two public keys. */
struct recipient_id {
	uint8_t bytes[ID_SIZE];
};

/* What an item's row tells of its record's relations: a digest that hides them (record.h). */
struct relations {
	uint8_t bytes[ID_SIZE];
};

static inline bool digest_equal(const struct digest *a, const struct digest *b)
{
	return memcmp(a->bytes, b->bytes, DIGEST_SIZE) == 0;
}

static inline bool digest_is_zero(const struct digest *digest)
{
	static const struct digest zero = {{0}};

	return digest_equal(digest, &zero);
}

static inline bool relations_equal(const struct relations *a, const struct relations *b)
{
	return memcmp(a->bytes, b->bytes, ID_SIZE) == 0;
}

static inline int record_id_compare(struct record_id a, struct record_id b)
{
	return memcmp(a.bytes, b.bytes, ID_SIZE);
}

static inline bool record_id_equal(struct record_id a, struct record_id b)
{
	return record_id_compare(a, b) == 0;
}

static inline bool record_id_is_zero(struct record_id id)
{
	return record_id_equal(id, (struct record_id){{0}});
}

static inline bool org_id_equal(struct org_id a, struct org_id b)
{
	return memcmp(a.bytes, b.bytes, ID_SIZE) == 0;
}

static inline bool recipient_id_equal(struct recipient_id a, struct recipient_id b)
{
	return memcmp(a.bytes, b.bytes, ID_SIZE) == 0;
}

static inline struct org_id org_id_of(const struct digest *fingerprint)
{
	struct org_id id;

	memcpy(id.bytes, fingerprint->bytes, ID_SIZE);
	return id;
}
