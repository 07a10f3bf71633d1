/*
 * Log entries. One signed, append-only log an organisation is its change feed, its membership chain
 * and the root of its integrity. Numbers are little endian:
 *
 *   format u8 | type u8 | org 16 | generation u64 | previous 32 | time u64 (ns) | signer 16 |
 *   root 32 | member_head 32 | length u32 | body | Ed25519ph signature 64, domain "credfs log v1"
 *
 * body: the part of its type (below), then `u32 count` and the rows it changes, each
 *   table u8 | kind u32 | id 16 | version u64 | epoch u32 | relations 16 | digest 32
 *   (digest zero: removed; relations zero but for items that are not)
 * membership part (all types but change and recover): suite u8 | nonce 16 |
 *   u32 count | epochs, ascending: epoch u32 | commitment 32 | wrapset 32 |
 *   u32 count | members: can u8 | box 32 | sign 32
 * recover: generation u64 | digest 32
 *
 * A membership entry says all of it anew: who is a member from then on, and which epochs' keys
 * there are, of which the last seals new rows. An entry's digest is BLAKE2b-256 over all of it,
 * signature included. `wrapset` is BLAKE2b-256 over "credfs wraps v1" and each wrap of the epoch,
 * sorted by recipient: id 16, sealed key 80.
 * Recover names the end of the log that it abandons, an entry that is not before it.
 * `member_head` is the digest of the last membership entry before this one (zero in genesis).
 * The genesis entry names no organisation (zero), no rows, and the root of the empty map: its
 * digest is the organisation's fingerprint. Generations and versions are below 2^63.
 */
#pragma once

#include "store/mark.h"
#include "store/recipient.h"
#include "store/row.h"

/* The numbers are part of the format. */
enum entry_type {
	ENTRY_GENESIS = 1,
	ENTRY_ADD = 2,	   /* members, or what they may do */
	ENTRY_REMOVE = 3,  /* members, and begins an epoch whose key they do not get */
	ENTRY_EPOCH = 4,   /* begins one */
	ENTRY_CHANGE = 5,  /* of rows */
	ENTRY_RECOVER = 6, /* abandons an end of the log that hosts may have seen */
	ENTRY_RETIRE = 7,  /* former epochs, under which no row is sealed any more */
	ENTRY_TYPES
};

/* What a recipient may do; each contains those before it. */
enum capability { CAN_READ = 1, CAN_WRITE = 2, CAN_MANAGE = 3 };

enum {
	ENTRY_FORMAT = 1,
	ENTRY_SUITE = 1, /* X25519 sealing, XChaCha20-Poly1305, BLAKE2b, Ed25519ph */
	ENTRY_MAX = 256 * 1024,
};

struct entry_member {
	enum capability can;
	struct recipient_public public;
};

struct entry_epoch {
	uint32_t number;
	struct digest commitment; /* to its key (key.h) */
	struct digest wrapset;
};

struct entry_row {
	struct row_ref ref;
	struct digest digest; /* zero: the row is removed */
};

struct entry {
	enum entry_type type;
	struct org_id org;
	uint64_t generation; /* 1 is genesis */
	struct digest previous;
	uint64_t time; /* ns since 1970, UTC: the signer's word */
	struct recipient_id signer;
	struct digest root;
	struct digest member_head;
	/* membership entries only */
	uint8_t nonce[16];
	struct entry_epoch *epochs;
	size_t epoch_count;
	struct entry_member *members;
	size_t member_count;
	/* recover only; without a time */
	struct mark abandoned;
	/* any but genesis */
	struct entry_row *rows;
	size_t row_count;
};

void entry_done(struct entry *entry);
#define CLEANUP_ENTRY CLEANUP(entry_done)

/* Encode and sign; the caller frees `ret`. Sets entry->signer. -EFBIG above ENTRY_MAX, -ENOMEM. */
int entry_sign(struct entry *entry, const struct recipient *signer, uint8_t **ret,
	       size_t *ret_size) MUST_CHECK;

/* Decode without trusting: bounds are checked before anything is allocated, and whatever an entry
 * can be judged by alone: capabilities, tables, that genesis and nothing else stands first and on
 * nothing. -EBADMSG malformed; -EPROTONOSUPPORT a format, type or suite of a later version;
 * -ENOMEM. The caller owns `ret`. */
int entry_decode(const uint8_t *bytes, size_t size, struct entry *ret) MUST_CHECK;

/* Verify the signature of the coded entry under a public key. -EBADMSG. */
int entry_verify(const uint8_t *bytes, size_t size,
		 const struct recipient_public *signer) MUST_CHECK;

/* Who says that he signed it, also of an entry of a later version: all versions have the head up to
 * the signer, and the signature, in the same place. -EBADMSG when it is too short. */
int entry_signer(const uint8_t *bytes, size_t size, struct recipient_id *ret) MUST_CHECK;

struct digest entry_digest(const uint8_t *bytes, size_t size);

struct entry_wrap {
	struct recipient_id recipient;
	uint8_t sealed[RECIPIENT_SEALED_KEY_SIZE];
};
/* The wrapset digest; sorts `wraps` in place. */
struct digest entry_wrapset(struct entry_wrap *wraps, size_t count);
