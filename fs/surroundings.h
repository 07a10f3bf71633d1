/*
 * What the caller's own environment has of the providers of a project: taken out before the
 * project's variables are set, since half of one credential and half of another is none, and a
 * password goes to no host that somebody else has named. And the paths among the project's
 * variables, which the mount says as it has them itself: where its directory is seen in another
 * place, they lead there. One thread.
 */
#pragma once

#include "conf/provider.h"

/* Unset what the catalogue names for the accounts in `directory`, which is use/ORG/PROJECT, or one
 * of them. -EIO when of one it cannot be told what it is; other -errno of the directory. */
int surroundings_clear(const char *directory, const struct catalogue *catalogue) MUST_CHECK;

/* Let those that are set and hold paths lead into `directory`, an absolute path. */
int surroundings_place(const char *directory, const struct catalogue *catalogue) MUST_CHECK;
