/*
 * What an account says of itself: `.info` for all who may look into it, `.status` for those who
 * manage it. One `key: value` a line; the keys are an interface. Calls of the table of kinds.
 */
#pragma once

#include "fs/kind.h"

/* name, provider, created, updated, version, complete (yes, no), missing. */
int report_info(struct tree *tree, const struct node *node, struct secret **ret,
		uint64_t *ret_version);

/* warning, used-by, history, last-error; a key may come several times, or not at all. */
int report_status(struct tree *tree, const struct node *node, struct secret **ret,
		  uint64_t *ret_version);
