/*
 * Where the target of a new link leads: a walk through this tree, never the kernel's, for who makes
 * it, from the directory that he makes it in. Through links of other projects for those who may
 * look there, through associations for those to whom they are offered.
 */
#pragma once

#include "fs/kind.h"

/* What a target names, in the organisation of the directory: the last part is not followed if it is
 * an association, as it is if it is a project's link. -EINVAL for anything that is not there, lies
 * elsewhere, or is not the caller's to see. */
int walk_to(const struct edit *edit, const char *target, struct node *ret) MUST_CHECK;
