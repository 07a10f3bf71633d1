/*
 * What stat(2) says of a node: pure of FUSE, exact in size, owned by the daemon's own user, with
 * the mode that belongs to its access control list.
 */
#pragma once

#include <sys/stat.h>

#include "fs/tree.h"

/* Fill in everything. -EIO when the organisation cannot be read. */
int attr_of(struct tree *tree, struct inode *inode, struct stat *ret) MUST_CHECK;

/* How long it may keep a name: not at all where each caller may have another under it. */
double name_timeout(const struct node *node);

/* How long the kernel may keep what it was told of the node, in seconds. */
double attr_timeout(const struct node *node);
