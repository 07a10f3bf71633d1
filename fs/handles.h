/*
 * The table of open files, and what they may hold: locked memory is scarce, so that every user has
 * a share of it, and all of them together leave some for what the mount itself must do. One thread
 * at a time.
 */
#pragma once

#include "fs/handle_image.h"

struct handles;

/* `memory`: bytes that may be locked, by everybody and everything. */
int handles_new(uint64_t memory, struct handles **ret) MUST_CHECK;
struct handles *handles_free(struct handles *handles);
DEFINE_CLEANUP(struct handles, handles_free);

/* Open. The number follows from the request's, so that a request that is sent again finds the same
 * handle. Errors of handle_new(); -ENFILE; -EDQUOT when the caller has too much open. */
int handles_open(struct handles *handles, const struct handle_open *open,
		 uint64_t *ret_number) MUST_CHECK;
int handles_open_directory(struct handles *handles, const struct handle_open *open,
			   uint64_t *ret_number) MUST_CHECK;

/* Who is told of each change of a handle that a successor must know of, with its bytes if they are
 * other ones (`bytes` NULL: as before), and when it is closed. */
struct handles_watch {
	void (*changed)(void *context, const struct event_handle *event, const gid_t *groups,
			const struct secret *bytes);
	void (*gone)(void *context, uint64_t number);
	void *context;
};
void handles_watch(struct handles *handles, struct tree *tree, const struct handles_watch *watch);

/* Tell of a handle, if anything is to be told; of all of them, whole. */
void handles_changed(struct handles *handles, uint64_t number);
void handles_draft_changed(struct handles *handles, const struct draft *draft);
void handles_tell_all(struct handles *handles);

/* Call `wake` for each that somebody waits for (handle_poll()). */
void handles_wake(struct handles *handles, void (*wake)(void *context, uint64_t poll),
		  void *context);

/* A handle of another worker, as handle_revive(); handles_settle_all() after the last of them, the
 * newest being the last. */
int handles_restore(struct handles *handles, struct tree *tree, const struct event_handle *event,
		    const gid_t *groups, struct secret *bytes) MUST_CHECK;
void handles_settle_all(struct handles *handles);

/* NULL when there is no such handle. */
struct handle *handles_get(struct handles *handles, uint64_t number);

/* The draft of the handle that this caller opened last for writing the node, if nothing was done
 * through it yet; NULL. The kernel opens with O_TRUNC in two steps, and the second, which cuts the
 * file, does not say for which handle. */
struct draft *handles_just_opened(struct handles *handles, const struct node *node,
				  const struct caller *caller);

/* Whether anybody who has begun or written something since (ns, monotonic) has yet to close it. */
bool handles_are_written(const struct handles *handles, uint64_t since);

/* To be called after a read for the page cache, before it is answered: all who have the file open
 * find there what this handle has read. -EIO when one of them may not. */
int handles_share(struct handles *handles, struct tree *tree, uint64_t number) MUST_CHECK;

/* To be called when the handle may hold more or less than before, after a read or a write: the
 * difference is its opener's. -EDQUOT: it was emptied, and yields and takes nothing any more. */
int handles_settle(struct handles *handles, uint64_t number) MUST_CHECK;

/* The last descriptor is gone, or the answer to the open never arrived. */
void handles_close(struct handles *handles, struct tree *tree, uint64_t number);
