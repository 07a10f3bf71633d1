/*
 * A handle as its worker tells its successor of it (event.h), and made from that again.
 */
#pragma once

#include "fs/event.h"
#include "fs/handle.h"

/* `told` is what was told of it last, whose inode is right as long as it is of the same node: to
 * find that takes as long as all else. All zero: nothing. */
void handle_describe(struct tree *tree, const struct handle *handle, uint64_t number,
		     const struct event_handle *told, struct event_handle *ret);

/* What its groups are, as many as it says. */
const gid_t *handle_groups(const struct handle *handle);

/* The bytes that it holds of its own, NULL: none; and a number that rises when they change. */
const struct secret *handle_bytes_of(const struct handle *handle);
uint64_t handle_revision(const struct handle *handle);

/* `bytes` is taken, also on failure; NULL: none. -EIO when its node is not what it was; -ENOENT
 * when its scratch file is gone; -ENOMEM. */
int handle_revive(struct tree *tree, const struct event_handle *event, const gid_t *groups,
		  struct secret *bytes, struct handle **ret) MUST_CHECK;
