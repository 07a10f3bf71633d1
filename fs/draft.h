/*
 * Drafts: what a handle that writes has written, in locked memory, seen by nobody else until it is
 * committed whole. Refused as early as it is certain that no later write can mend it, because a
 * shell reports an error of write(2) and never one of close(2).
 */
#pragma once

#include "conf/field.h"
#include "fs/actor.h"
#include "fs/kind.h"
#include "fs/witness.h"

/* A draft may pass the longest value by some, so that the rule sees that it did. */
enum { DRAFT_MAX = FIELD_VALUE_MAX + 4096 };

struct draft {
	const struct node *node;     /* what is written */
	const struct actor *actor;   /* the same, as the audit log names him */
	const struct caller *writer; /* who opened it: a commit is his */
	struct secret *bytes;
	bool append;	    /* every write goes to the end */
	bool exclusive;	    /* the file was made with the handle */
	bool replaces;	    /* what its writer has just removed, which can be put back */
	bool written;	    /* since the last commit */
	bool truncated;	    /* and not committed since */
	int missing;	    /* -errno: the value it begins with could not be had */
	int refused;	    /* -errno: a write was, nothing is committed any more */
	bool failed;	    /* a commit did, or a writer was killed before he wrote */
	bool waiting;	    /* its close does, to be committed with others */
	uint64_t touched;   /* when it was begun or written to, ns monotonic */
	uint64_t owner;	    /* whose descriptors the last write came through */
	uint64_t published; /* the version that it committed */
	uint64_t revision;  /* rises when the bytes change */
};

struct draft_write {
	uint64_t offset;
	const uint8_t *bytes;
	size_t size;
	uint64_t owner;
};

/* -EKEYREJECTED, -EINVAL, -E2BIG, -EBUSY, -EFBIG as the kind judges; -ENOMEM. */
int draft_write(struct tree *tree, struct draft *draft, const struct draft_write *write) MUST_CHECK;

/* Give back what it holds and refuse from now on: no memory is left for it. */
void draft_empty(struct draft *draft, int error);

/* ftruncate(2). -EKEYREJECTED when a part of the old value would be left. */
int draft_truncate(struct tree *tree, struct draft *draft, uint64_t size) MUST_CHECK;

/* Whether nothing was written or cut yet. */
bool draft_is_untouched(const struct draft *draft);

/* Whether what is there could be committed: for fsync(2), which publishes nothing. */
int draft_check(struct tree *tree, const struct draft *draft) MUST_CHECK;

/* Whether the close(2) of one descriptor is one that matters: the last write came through it, or
 * something was removed for what is still to be written. */
bool draft_ends(const struct draft *draft, uint64_t owner);

/* That close: commits what is written. `killed`: the closer is being killed, so that what it wrote
 * is a part only, and is dropped. */
int draft_flush(struct tree *tree, struct draft *draft, bool killed) MUST_CHECK;

/* That close, of several at once, in steps: draft_may_wait() says whether it can be done so, and
 * nobody's closing is being killed. Everything up to the commit; when it fails that is all, and how
 * the close ended. */
struct draft_commit {
	struct draft *draft;
	struct witness witness;
	struct saving saving;
};
bool draft_may_wait(const struct draft *draft);
int draft_stage(struct tree *tree, struct draft *draft, struct draft_commit *ret) MUST_CHECK;

/* Either: everything after it, with how it ended, which is returned; */
int draft_settle(struct draft_commit *commit, int result);
/* or nothing was committed, and it is as it was before. */
void draft_unstage(struct draft_commit *commit);

/* The last descriptor is gone: commits what no flush did. Nobody hears of an error but the log. */
void draft_release(struct tree *tree, struct draft *draft);
