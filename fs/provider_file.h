/*
 * `provider` in an account: which provider's fields it has. Calls of the table of kinds.
 */
#pragma once

#include "fs/kind.h"

int provider_file_content(struct tree *tree, const struct node *node, struct secret **ret,
			  uint64_t *ret_version);
int provider_file_judge(const struct save *save, bool whole);
int provider_file_commit(const struct save *save);
void provider_file_abandoned(const struct save *save, enum abandoned why);

/* What removing it does: the account becomes generic, which takes whatever is there. */
int provider_file_reset(const struct edit *edit, const struct node *child);
