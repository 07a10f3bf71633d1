/*
 * One segment of the audit log, a file: its header, the wrap of its key, its frames. Where each
 * 64th record begins is remembered, so that a line is found without opening all before it. Written
 * by audit.c alone, one thread at a time; anybody may walk through one that is being written.
 */
#pragma once

#include "store/audit_key.h"
#include "store/audit_walk.h"

enum {
	AUDIT_FRAMES_AT = AUDIT_HEADER_SIZE + AUDIT_WRAP_SIZE,
	AUDIT_NAME_SIZE = 20 + 4 + 1,
};

/* Every 64th record. */
struct audit_mark {
	uint64_t offset;
	uint64_t text; /* where its line begins; UINT64_MAX until it was opened */
};

struct audit_segment {
	struct audit_header header;
	uint64_t size;	    /* of the file */
	uint64_t end;	    /* of its last whole frame; 0: it was not looked into yet */
	uint64_t next;	    /* number after its last record's */
	struct digest head; /* the last record's hash, or the header's */
	uint64_t time;	    /* the last record's, or the header's */
	uint64_t signed_to; /* number of the last record that a head names */
	uint64_t last;	    /* where the last record begins; 0: there is none */
	struct secret *key; /* NULL until needed */
	struct audit_mark *marks;
	size_t mark_count;
};

void audit_segment_done(struct audit_segment *segment);

void audit_segment_name(uint64_t first, char ret[AUDIT_NAME_SIZE]);
/* The number that a file's name gives; false when it is no segment's. */
bool audit_segment_is_name(const char *name, uint64_t *ret);

/* Make one in a directory, mode 0600, open for writing; a file that holds nothing but a part of a
 * header is replaced. Takes `key` over. -EEXIST; other -errno of the file. */
struct audit_making {
	int directory;
	const struct audit_header *header;
	const struct epoch_key *epoch;
	const struct recipient_public *host;
};
int audit_segment_make(const struct audit_making *making, struct secret *key,
		       struct audit_segment *ret, int *ret_fd) MUST_CHECK;

/* Read the header of one; `flags` are open(2)'s. -ENODATA when it is shorter than a header;
 * -EBADMSG; other -errno of the file. */
int audit_segment_open(int directory, uint64_t first, int flags, struct audit_segment *ret,
		       int *ret_fd) MUST_CHECK;

/* Look into it: fills in `end` and all that follows from the frames. */
int audit_segment_scan(struct audit_segment *segment, int fd) MUST_CHECK;

/* A record was appended at `end`, of `size` bytes; its line begins at `text`. -ENOMEM: it is in the
 * file, but will be found more slowly. */
int audit_segment_grew(struct audit_segment *segment, const struct audit_record *record,
		       size_t size, uint64_t text);

/* Open the key, if it is not: with the organisation's key, if there is one, or the host's. */
int audit_segment_unlock(struct audit_segment *segment, int fd, const struct epoch_key *epoch,
			 const struct recipient *host) MUST_CHECK;

/* Make the wrap anew under another epoch: 1, or 0 when it is of that one. */
int audit_segment_rewrap(struct audit_segment *segment, int fd, const struct epoch_key *epoch,
			 const struct recipient *host) MUST_CHECK;
