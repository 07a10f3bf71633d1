/*
 * Open files. A handle that reads has a snapshot, renewed when a read starts at the beginning; one
 * that writes has a private draft, which nobody else sees until it is committed whole. A handle
 * keeps its opener: what it commits is authorised as the opener's, and when somebody's rights have
 * changed since, it is judged again before it yields another byte.
 */
#pragma once

#include "fs/draft.h"

struct handle;
struct handles;

/* `share`: bytes that one user's handles may hold. */
int handles_new(uint64_t share, struct handles **ret) MUST_CHECK;
struct handles *handles_free(struct handles *handles);
DEFINE_CLEANUP(struct handles, handles_free);

/* Open. `unique` is the number of the request, so that the handle's own number follows from it and
 * a request that is sent again finds the same handle. `flags` are open(2)'s. Errors are those of
 * the node's content; -EACCES, -ENOMEM, -ENFILE; -EDQUOT when the caller has too much open. */
struct handle_open {
	struct tree *tree;
	const struct node *node;
	const struct caller *caller;
	int flags;
	uint64_t unique;
};
int handles_open(struct handles *handles, const struct handle_open *open,
		 uint64_t *ret_number) MUST_CHECK;

/* Reading a process' groups costs as much as the rest of an open: whether this one, or a read
 * through this handle, must know them. */
bool handle_open_needs_groups(struct tree *tree, const struct node *node, int flags);
bool handle_read_needs_groups(struct tree *tree, const struct handle *handle);

/* A directory, with its listing. */
int handles_open_directory(struct handles *handles, const struct handle_open *open,
			   uint64_t *ret_number) MUST_CHECK;

/* NULL when there is no such handle: also after the worker that made it was replaced. */
struct handle *handles_get(struct handles *handles, uint64_t number);
void handles_close(struct handles *handles, uint64_t number);

const struct listing *handle_listing(const struct handle *handle);

struct handle_range {
	uint64_t offset;
	size_t size;
};

struct handle_bytes {
	const uint8_t *bytes;
	size_t size;
};

/* The bytes of a range, fewer at the end: borrowed until the next call for this handle. -EACCES
 * when the opener may no longer read; whatever renewing the snapshot meets. */
int handle_read(struct tree *tree, struct handle *handle, const struct caller *caller,
		const struct handle_range *range, struct handle_bytes *ret) MUST_CHECK;

/* Whether the file has changed since the snapshot of a handle that reads. */
bool handle_is_behind(struct tree *tree, const struct handle *handle);

/* The scratch file that a handle has open, borrowed; NULL for any other. */
struct scratch_file *handle_scratch(struct handle *handle);

/* The draft of a handle that writes, borrowed; NULL for one that only reads. */
struct draft *handle_draft(struct handle *handle);

/* The last descriptor is gone: what is left of a draft is committed. */
void handle_release(struct tree *tree, struct handle *handle);
