/*
 * Removing what lies in a mount as its caller, with his rights: what `rm -r` does, never through a
 * link. One thread.
 */
#pragma once

#include "fs/progress.h"

/* Remove the file, link or directory with all that it lists. `progress` may be NULL. -errno of the
 * first step that failed, with *ret_where what it was about (the caller frees; NULL: nothing to
 * add); -ECANCELED when a signal asked to stop. */
int removal_run(const char *path, struct progress *progress, char **ret_where) MUST_CHECK;
