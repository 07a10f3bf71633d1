/*
 * A batch: drafts whose closes wait at the same moment, committed together, because most of what a
 * durable change costs is waiting for the disk. It is as if they had been committed one after the
 * other: nothing of any is to be seen before all are durable; what is refused is refused alone; and
 * if they cannot be committed together each is by itself. One thread at a time.
 */
#pragma once

#include "fs/draft.h"

/* As many as an audit log can have room made for. */
enum { BATCH_MAX = AUDIT_LINES_MAX };

struct batch {
	struct tree *tree;
	struct draft *drafts[BATCH_MAX]; /* of which draft_may_wait(); none twice */
	size_t count;
	/* What is done next is done for the one at `index`; may be NULL. */
	void (*turn)(void *context, size_t index);
	/* Its close has ended so: exactly once for each. */
	void (*end)(void *context, size_t index, int result);
	void *context;
};

void batch_commit(const struct batch *batch);
