/*
 * Walking through the frames of one segment's file. What is damaged is passed over, up to the next
 * frame that is beyond doubt. Any thread; also through a file that is being appended to.
 */
#pragma once

#include "store/audit_frame.h"

/* Called for every whole frame, and with `frame` NULL for what lies before one and is none. A
 * positive number ends the walk, as -errno does. */
typedef int audit_walk_fn(void *context, const struct audit_frame *frame, uint64_t offset);

/* From `from` on, where a frame begins. *ret_end is where the last whole frame ends: what follows
 * it is passed over in silence. Returns what `each` did; -ENOMEM; -errno of the file. */
struct audit_walk {
	int fd;
	const struct audit_header *header;
	uint64_t from;
};
int audit_walk(const struct audit_walk *walk, audit_walk_fn *each, void *context,
	       uint64_t *ret_end) MUST_CHECK;
