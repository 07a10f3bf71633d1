/*
 * Requests: who makes one, and how it is answered. Each is answered exactly once; what was given
 * with an answer that did not arrive is taken back by the caller.
 */
#pragma once

#include "fs/access.h"
#include "fs/session.h"

struct session *request_session(fuse_req_t request);

/* The caller; with `groups` also the groups of his process, which are marked unknown when they
 * cannot be read (another pid namespace). */
int request_caller(fuse_req_t request, bool groups, struct caller *ret) MUST_CHECK;

/* Whether the caller's process is being killed. */
bool request_is_killed(fuse_req_t request);

/* The node of an inode number; -ENOENT when the kernel was never told of it. */
int request_inode(fuse_req_t request, fuse_ino_t number, struct inode **ret) MUST_CHECK;

/* Answer with 0 or -errno: the one place where our errors become the kernel's. */
void request_reply(fuse_req_t request, int error);

/* Tell the kernel of a node: the parameters of an answer, and the inode, not yet counted. */
int request_entry(fuse_req_t request, const struct node *node, struct fuse_entry_param *ret,
		  struct inode **ret_inode) MUST_CHECK;

/* Answer with a node, or the error. */
void request_reply_node(fuse_req_t request, int error, const struct node *node);
