/*
 * The path of a node below the mount, for the audit log: names, joined by slashes.
 */
#pragma once

#include "fs/tree.h"

enum { PATH_SIZE = 1536 };

/* `via`: the way by which it was reached; NULL: none, and the same when the link is gone. "" for
 * what has no name any more; a name that is gone is "?". */
void path_of(struct tree *tree, const struct node *node, const struct way *via,
	     char ret[PATH_SIZE]);

/* The path of a name in a directory. */
void path_in(struct tree *tree, const struct node *directory, const char *name,
	     char ret[PATH_SIZE]);
