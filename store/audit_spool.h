/*
 * The segments of an audit log: found in their directory, gone on with, begun. Behind audit.h, used
 * by audit.c alone.
 */
#pragma once

#include <time.h>

#include "store/audit_segment.h"
#include "store/org.h"

struct audit_spool {
	const struct recipient *host;
	struct org_id org;
	uint64_t limit;
	int directory;
	struct timespec changed; /* the directory, when it was listed */
	struct audit_segment *list;
	size_t count;
	uint64_t older; /* bytes of all segments but the newest */
	int fd; /* of the newest segment, to append to; -1: a new one is begun with the next line */
	uint64_t reserved; /* up to where its room is taken on the disk */
	uint64_t text;	   /* where the next line begins */
	uint64_t torn;
	uint32_t epoch; /* that all are wrapped under, as far as could be */
	bool outdated;	/* the newest segment began under another: a new one begins */
};

/* What is there: the newest segment is looked into and made ready to append to, its torn end cut
 * off. Errors of audit_open(). */
int audit_spool_open(struct audit_spool *spool, const char *directory,
		     const struct org *org) MUST_CHECK;
void audit_spool_done(struct audit_spool *spool);

/* NULL when there is none. */
struct audit_segment *audit_spool_newest(const struct audit_spool *spool);

/* Notice what was moved away. */
void audit_spool_refresh(struct audit_spool *spool);

/* Make the newest segment one with room for this many frames, AUDIT_LINES_MAX at most. -EDQUOT
 * beyond the limit; errors of the files. */
int audit_spool_make_room(struct audit_spool *spool, const struct org *org,
			  size_t frames) MUST_CHECK;

uint64_t audit_spool_bytes(const struct audit_spool *spool);
