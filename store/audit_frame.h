/*
 * The bytes of the audit log. Each host keeps one chain of records for each organisation, in a
 * directory of its own: segments, one file each, named after the number of their first record (20
 * digits and ".log"). Numbers are little endian. A segment is a header, the wrap of its key
 * (audit_key.h), and then frames:
 *
 *   header: "credfs audit v1\n" 16 | org 16 | recipient 16 | first u64 | previous 32 | time u64 |
 *     text u64 | commitment 32 | hash 32
 *   frame: size u32 (of all that follows) | body
 *   record: 1 u8 | recipient 16 | seq u64 | previous 32 | time u64 (ns) | sealed | hash 32
 *   head: 2 u8 | recipient 16 | seq u64 | hash 32 | Ed25519ph signature 64
 *
 * The header's hash is BLAKE2b-256 over what stands before it; a record's over "credfs audit record
 * v1", the organisation, and the body before it. The first record's `previous` is the header's
 * hash, each other's the hash of the record before it, a header's the hash of the last record of
 * the segment before (zero in the first one): so header and records are one chain. `seq` counts
 * from 1 through all segments; `text` is where the segment's lines begin in the whole log.
 *
 * sealed: nonce 24 | XChaCha20-Poly1305-IETF of (where the line begins in the whole log u64 | the
 * line, with its newline), padded to 64 bytes (0x80, zeros), under the segment's key; the
 * associated data is "credfs audit v1", the organisation, and the record's body before `sealed`.
 * So the length of a line, and with it of a name, is not to be seen.
 *
 * A head is signed over "credfs audit head v1", with organisation, recipient, seq and hash: it
 * vouches for its record and all before. It is no link of the chain: the record that it names may
 * have others after it by then.
 *
 * Pure: bytes in, bytes out. Any thread.
 */
#pragma once

#include "store/recipient.h"

enum audit_frame_type { AUDIT_RECORD = 1, AUDIT_HEAD = 2 };

enum {
	AUDIT_HEADER_SIZE = 16 + 2 * ID_SIZE + 8 + DIGEST_SIZE + 8 + 8 + 2 * DIGEST_SIZE,
	AUDIT_LINE_MAX = 8000,
	AUDIT_FRAME_MAX = 8448, /* whatever the line: all of a frame, its size included */
	AUDIT_HEAD_SIZE = 4 + 1 + ID_SIZE + 8 + DIGEST_SIZE + RECIPIENT_SIGNATURE_SIZE,
};

struct audit_header {
	struct org_id org;
	struct recipient_id recipient;
	uint64_t first; /* number of the first record */
	struct digest previous;
	uint64_t time; /* ns since 1970 */
	uint64_t text;
	struct digest commitment;
	struct digest digest; /* the last member of the coded form */
};

/* Sets header->digest. */
void audit_header_encode(struct audit_header *header, uint8_t ret[AUDIT_HEADER_SIZE]);
/* -EBADMSG for anything but a header that is whole. */
int audit_header_decode(const uint8_t bytes[AUDIT_HEADER_SIZE],
			struct audit_header *ret) MUST_CHECK;

struct audit_record {
	struct org_id org; /* not in the coded form, but in what is hashed and sealed */
	struct recipient_id recipient;
	uint64_t seq;
	struct digest previous;
	uint64_t time;	      /* ns since 1970 */
	struct digest digest; /* the last member of the coded form */
};

/* A line of the log, as it is shown. */
struct audit_line {
	uint64_t text; /* where it begins in the whole log */
	const char *bytes;
	size_t size;
};

/* Seal a line into a whole frame, at most AUDIT_FRAME_MAX bytes; sets record->digest. -EFBIG for a
 * line above AUDIT_LINE_MAX. */
int audit_record_encode(struct audit_record *record, const struct secret *key,
			const struct audit_line *line, uint8_t ret[AUDIT_FRAME_MAX],
			size_t *ret_size) MUST_CHECK;

/* A frame as it lies in a file; borrowed from what was decoded. */
struct audit_frame {
	enum audit_frame_type type;
	size_t size;		    /* all of it, its size included */
	struct audit_record record; /* of a head: recipient, seq and digest */
	const uint8_t *bytes;
};

/* Look at the frame at the beginning of `bytes`, without trusting: -EAGAIN when it goes on behind
 * `size`; -EBADMSG when it is none. */
int audit_frame_decode(const uint8_t *bytes, size_t size, struct org_id org,
		       struct audit_frame *ret) MUST_CHECK;

/* Whether the record's hash is that of its bytes. */
bool audit_frame_is_whole(const struct audit_frame *frame);

/* Open a record; `room` has AUDIT_FRAME_MAX bytes, and is what `ret` borrows from. -EBADMSG. */
int audit_frame_open(const struct audit_frame *frame, const struct secret *key, uint8_t *room,
		     struct audit_line *ret) MUST_CHECK;

/* Sign the record's place in the chain: a whole frame. */
void audit_head_sign(const struct audit_record *record, const struct recipient *signer,
		     uint8_t ret[AUDIT_HEAD_SIZE]);
/* -EBADMSG when the signature does not hold. */
int audit_head_verify(const struct audit_frame *frame,
		      const struct recipient_public *signer) MUST_CHECK;
