/*
 * Who may do what: from the permissions that roles give on a node, the access control list that the
 * kernel enforces, and the daemon's own answer for what the kernel is not asked. Permissions only
 * grant: nothing is ever subtracted, so that a lost record can only take rights away.
 */
#pragma once

#include "fs/tree.h"

/* Who asks. `groups_known` false: the groups could not be read, only the uid counts. */
struct caller {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	gid_t *groups;
	size_t group_count;
	bool groups_known;
};

void caller_done(struct caller *caller);
#define CLEANUP_CALLER CLEANUP(caller_done)
int caller_copy(const struct caller *caller, struct caller *ret) MUST_CHECK;

/* Add the groups that the user database gives to the caller's uid. */
int caller_groups_from_database(struct caller *caller) MUST_CHECK;

/* 0 when the caller has at least one of the permissions on the node, else -EACCES; uid 0 has all.
 * -EIO when the organisation cannot be read. */
int access_need(struct tree *tree, const struct node *node, const struct caller *caller,
		unsigned permissions) MUST_CHECK;

/* The same for who edits the node or what it holds, and -EROFS when he may but this host may not:
 * what it can sign for is the organisation's to say. */
int access_edit(struct tree *tree, const struct node *node, const struct caller *caller,
		unsigned permissions) MUST_CHECK;

/* 0 when the caller may read (4), write (2) the node as its list says; else as access_need(), and
 * as access_edit() to write. */
int access_bits(struct tree *tree, const struct node *node, const struct caller *caller,
		unsigned bits) MUST_CHECK;

/* 0 when the caller may make organisations, else -EACCES. */
int access_admin(struct tree *tree, const struct caller *caller) MUST_CHECK;

/* Whether the caller holds any role in the organisation of a node. */
bool access_is_member(struct tree *tree, const struct node *org, const struct caller *caller);

/* The node's list and mode, computed once for each state of the organisation's roles; borrowed
 * until the next call. */
int access_acl(struct tree *tree, struct inode *inode, const struct acl **ret) MUST_CHECK;
