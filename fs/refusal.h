/*
 * Refusals of what is done with the names in an account's directory, for its .status and the log:
 * what a save is refused for is told by target.h.
 */
#pragma once

#include "fs/kind.h"

enum refusal { REFUSED_CREATE, REFUSED_REMOVE, REFUSED_RENAME, REFUSALS };

/* Note that the caller was refused this name in `edit->directory`, an account, if the error is one
 * that he can do something about and that was not told yet. Returns `error`. */
int refusal_note(const struct edit *edit, enum refusal what, int error);
