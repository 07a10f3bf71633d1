/*
 * Ending an organisation: its owner writes its name into /orgs/ORG/.delete, and it is gone for
 * good, with all that it held. The file is not listed, cannot be removed and is not made by
 * anybody, so that no `rm -r`, `cp -r` or redirection to a wrong name ends anything. What is left
 * is its log, signed to its end, by which other hosts learn of it, and its audit log. Calls of the
 * table of kinds, and what is done about organisations that were ended here or elsewhere.
 */
#pragma once

#include "fs/kind.h"

bool ending_is_name(const char *name);

/* What to write into it. */
int ending_content(struct tree *tree, const struct node *node, struct secret **ret,
		   uint64_t *ret_version);
/* -EINVAL for anything but the organisation's name. */
int ending_judge(const struct save *save, bool whole);
int ending_commit(const struct save *save);

/* Take those that others have ended out of /orgs, and remove what is left of any, some of it at a
 * time. Once a second. */
void ending_tend(struct tree *tree);
