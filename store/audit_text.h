/*
 * The text of one segment: lines found by where they stand in the whole log, opened one at a time.
 * The segment was looked into, and unlocked. One thread at a time.
 */
#pragma once

#include "store/audit_segment.h"

/* Where the text of a segment that was looked into and unlocked ends; a record that does not open
 * counts as much as it could have held. */
int audit_text_end(struct audit_segment *segment, int fd, uint64_t *ret) MUST_CHECK;

/* Copy lines from `text`, a place in the whole log, until `room` is full or the segment ends: what
 * cannot be opened is blank. */
struct audit_copy {
	uint64_t text;
	uint64_t stop; /* where the segment's text ends */
	char *at;
	size_t room;
};
int audit_text_copy(struct audit_segment *segment, int fd, struct audit_copy *copy) MUST_CHECK;
