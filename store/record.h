/*
 * Records: everything of an organisation that has a name or a relation. One flat form serves all
 * kinds; a kind uses the members that its line below names. Coded as tag, length, value inside a
 * sealed row; tags that this version does not know are kept when the record is written again.
 * Records are plain values; strings are owned by the record.
 */
#pragma once

#include <stdbool.h>

#include "store/id.h"
#include "store/secret.h"

/* The numbers are part of the format; the engine sees them. */
enum record_kind {
	RECORD_ORG = 1, /* name; its id is all zero */
	RECORD_ROLE =
		2, /* parent: zero or project; name: the role's; text: principals, a line each */
	RECORD_PROJECT = 3,	/* name */
	RECORD_INHERIT = 4,	/* parent: project; target: account, connection or association;
				 * name; text: see below */
	RECORD_ACCOUNT = 5,	/* parent: zero, project or user; name; text: provider id */
	RECORD_FIELD = 6,	/* parent: account or connection; name; value_*; secret */
	RECORD_USER = 7,	/* name: a user's, whose own accounts have it as their parent */
	RECORD_CONNECTION = 8,	/* name */
	RECORD_ASSOCIATION = 9, /* parent: connection; target: account; name; text: see below */
	RECORD_KINDS
};

struct record {
	struct record_id id;
	enum record_kind kind;
	uint64_t version; /* of this record; set by org_commit(), 1 is the first */
	struct record_id parent;
	struct record_id target;
	char *name;
	char *text; /* NULL is the same as empty. Of an INHERIT or ASSOCIATION record: once its
		     * target was deleted, the name that that had */
	uint64_t created; /* ns since 1970, UTC */
	uint64_t updated;
	uint64_t value_version; /* the current version of a field; 0: the field is not set */
	uint64_t value_last;	/* the highest version the field ever had */
	uint64_t value_size;	/* bytes of the current value */
	bool secret;
	uint64_t orphaned;     /* of an account: when its last association went; 0: it has one, or
				* never had */
	struct record_id salt; /* of record_relations(); org_commit() chooses it */
	uint8_t *unknown;      /* coded tags of a later version */
	size_t unknown_size;
};

void record_done(struct record *record);
#define CLEANUP_RECORD CLEANUP(record_done)

/* A deep copy. -ENOMEM. */
int record_copy(const struct record *record, struct record *ret) MUST_CHECK;

/* What the log shows of who the record belongs to and who may see it: BLAKE2b-128 of "credfs
 * relations v1", the salt, kind (32 bits, little endian), id, parent, target and secrecy (8 bits).
 * The salt is random and sealed with the record, so that the digest says nothing to who cannot open
 * it; it stays while the relations stay, so that who follows the log sees, without any key, that
 * they have changed, and whoever opens the record sees that they are those that were signed. */
struct relations record_relations(const struct record *record);

/* Payload of a row; the caller frees. Kind, id and version are not in it: they stand in the row
 * and in its associated data. -EFBIG when longer than SEAL_PLAIN_MAX, -ENOMEM. */
int record_encode(const struct record *record, uint8_t **ret, size_t *ret_size) MUST_CHECK;

/* -EBADMSG on anything but a well-formed payload (truncated, a tag twice, a string with NUL or
 * over its bound, an unknown format byte); the caller owns `ret` (record_done) and sets id, kind
 * and version. */
int record_decode(const uint8_t *bytes, size_t size, struct record *ret) MUST_CHECK;
