/*
 * An open file. A handle that reads has a snapshot, renewed when a read starts at the beginning;
 * one that writes has a private draft, which nobody else sees until it is committed whole. A handle
 * keeps its opener: what it commits is authorised as the opener's, and when somebody's rights have
 * changed since, it is judged again before it yields another byte. handles.h is the table of them.
 * One thread at a time.
 */
#pragma once

#include "fs/draft.h"
#include "fs/opener.h"

struct handle;

/* Errors are those of the node's content; -EACCES, -ENOMEM. */
int handle_new(const struct handle_open *open, struct handle **ret) MUST_CHECK;

/* A directory, with its listing. */
int handle_new_directory(const struct handle_open *open, struct handle **ret) MUST_CHECK;

/* The last descriptor is gone: what is left of a draft is committed. */
struct handle *handle_release(struct tree *tree, struct handle *handle);

/* Without committing anything: for the end of the mount, and for what was never handed out. */
struct handle *handle_free(struct handle *handle);
DEFINE_CLEANUP(struct handle, handle_free);

uid_t handle_uid(const struct handle *handle);

/* Bytes that it holds now. */
uint64_t handle_size(const struct handle *handle);

/* Give them back: from now on it reads and writes nothing but `error`. */
void handle_empty(struct handle *handle, int error);

/* Whether a read through this handle must know the reader's groups; see opener.h. */
bool handle_read_needs_groups(struct tree *tree, const struct handle *handle);

const struct listing *handle_listing(const struct handle *handle);

struct handle_range {
	uint64_t offset;
	size_t size;
	bool cached; /* read for the page cache, which all who have the file open share */
};

struct handle_bytes {
	const uint8_t *bytes;
	size_t size;
};

/* The bytes of a range, fewer at the end: borrowed until the next call for this handle. -EACCES
 * when the opener may no longer read; -EIO for a part of a value that is to be cached; whatever
 * renewing the snapshot meets. */
int handle_read(struct tree *tree, struct handle *handle, const struct caller *caller,
		const struct handle_range *range, struct handle_bytes *ret) MUST_CHECK;

/* What `reader` has just read is to be cached, where `other` finds it too without asking, if it has
 * the same file open: its opener is judged, and is on record as a reader. -EIO: it may not, so that
 * nothing may be cached. */
int handle_share(struct tree *tree, const struct handle *reader, struct handle *other) MUST_CHECK;

/* Whether the file has changed since the snapshot of a handle that reads. */
bool handle_is_behind(struct tree *tree, const struct handle *handle);

/* Whether it is the toucher's (toucher.h): what is written through it is dropped. */
bool handle_touches(const struct handle *handle);

/* What the kernel calls who waits for a change of the file, 0: nobody. */
void handle_poll(struct handle *handle, uint64_t poll);

/* The scratch file that a handle has open, borrowed; NULL for any other. */
struct scratch_file *handle_scratch(struct handle *handle);

/* The draft of a handle that writes, borrowed; NULL for one that only reads. */
struct draft *handle_draft(struct handle *handle);
