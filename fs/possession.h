/*
 * Possession: the store, the marks beside the identity and the audit log belong to the user that
 * the daemon works as (owner.h), because it works without privileges. Whoever mounts is root, and
 * hands over what is root's: what `credfs init` has made, what another version has left, what was
 * put back by hand. The identity stays root's.
 */
#pragma once

#include "conf/settings.h"
#include "fs/owner.h"

/* Hand over the files, and the directories they lie in if those are closed to others and hold
 * nothing else; to be called as root, with no daemon at work. What belongs to anybody else is left
 * as it is, and so is what cannot be handed over: possession_check() finds it. */
void possession_take(const struct settings *settings, const struct owner *owner);

/* Whether the caller, who is no longer root, can work on them: -EACCES with the file, or directory,
 * that he cannot. What is not there is not looked for. */
int possession_check(const struct settings *settings, const char **ret_path) MUST_CHECK;
