/*
 * The top of the tree: the root, /.status, /providers and its files. Calls of the table of kinds.
 */
#pragma once

#include "fs/kind.h"

int root_lookup(struct tree *tree, const struct node *directory, const char *name,
		const struct caller *caller, struct node *ret);
int root_list(struct tree *tree, const struct node *directory, const struct caller *caller,
	      struct listing *ret);

int providers_lookup(struct tree *tree, const struct node *directory, const char *name,
		     const struct caller *caller, struct node *ret);
int providers_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		   struct listing *ret);
int catalogue_content(struct tree *tree, const struct node *node, struct secret **ret,
		      uint64_t *ret_version);

/* `key: value` lines: version, pid, started, engine, locked memory, and a line for each
 * organisation. */
int daemon_content(struct tree *tree, const struct node *node, struct secret **ret,
		   uint64_t *ret_version);
