/*
 * audit.log of an organisation: the one file that grows while it is read. It has no snapshot: its
 * size is exact at each stat(2), and what is read is opened from the log at that moment, so that
 * `tail -f` works and nothing of its length is ever in memory. Calls of the table of kinds.
 */
#pragma once

#include "fs/kind.h"

int audit_file_read(struct tree *tree, const struct node *node, const struct kind_range *range,
		    struct secret **ret);
int audit_file_size(struct tree *tree, const struct node *node, uint64_t *ret);
uint64_t audit_file_updated(struct tree *tree, const struct node *node);
