/*
 * The audit log of one organisation on this host: lines of text, sealed and chained, in segments of
 * bounded size in a directory of its own (mode 0700, named after the organisation in hexadecimal).
 * The format is in audit_frame.h. Nothing is ever overwritten: an operator moves old segments away,
 * and the log then begins later. One thread at a time, but for audit_head_sign().
 */
#pragma once

#include "store/audit_frame.h"
#include "store/org.h"

struct audit;

/* Open, or begin, the log of an organisation below `directory`, which is made when it is missing.
 * `limit`: bytes that its segments may take together. What a crash left unfinished at the end is
 * cut off. -EBADMSG when its newest segment cannot be gone on with; errors of the files. The
 * organisation's host outlives it. */
int audit_open(const char *directory, uint64_t limit, const struct org *org,
	       struct audit **ret) MUST_CHECK;
struct audit *audit_close(struct audit *audit);
DEFINE_CLEANUP(struct audit, audit_close);

/* How many bytes of an unfinished record were cut off when it was opened. */
uint64_t audit_torn(const struct audit *audit);

/* Append a line, newline included, with one write(2); with `sync` it has reached the disk on
 * return. `time` is ns since 1970. -EDQUOT beyond the limit; -ENOSPC, -EIO and others of the file:
 * then it is not there; -EFBIG above AUDIT_LINE_MAX. */
struct audit_entry {
	const char *line;
	size_t size;
	uint64_t time;
	bool sync;
};
int audit_append(struct audit *audit, const struct org *org,
		 const struct audit_entry *entry) MUST_CHECK;

/* Make sure that the next lines will find room, at most AUDIT_LINES_MAX: what the smallest segment
 * holds, however long they are. Errors of audit_append(). */
enum { AUDIT_LINES_MAX = 7 };
int audit_reserve(struct audit *audit, const struct org *org, size_t lines) MUST_CHECK;

/* How much text there is, and when the last line was written; segments that were moved away are
 * noticed. */
uint64_t audit_size(struct audit *audit);
uint64_t audit_time(const struct audit *audit);

/* Text from `offset` on, at most `room` bytes. -EIO and others when a segment cannot be read. */
int audit_read(struct audit *audit, uint64_t offset, char *ret, size_t room,
	       size_t *ret_size) MUST_CHECK;

/* The last record, if no head vouches for it yet, and who is to sign it. */
bool audit_unsigned(const struct audit *audit, struct audit_record *ret,
		    const struct recipient **ret_signer);
/* Append a head, as audit_head_sign() made it for that record. */
int audit_put_head(struct audit *audit, const struct audit_record *record,
		   const uint8_t head[AUDIT_HEAD_SIZE]) MUST_CHECK;

/* Bytes that the segments take, and the number of the last record. */
uint64_t audit_bytes(const struct audit *audit);
uint64_t audit_last(const struct audit *audit);
