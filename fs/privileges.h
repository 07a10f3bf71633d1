/*
 * Privileges: giving up, for good, what root may. What is left is a user of no rights but those to
 * his own files: no capability in any set, none to be had by executing a program or by becoming
 * root again, no other groups. Before any thread is started. Memory that is to be locked is set
 * aside before (secret.h, arena.h).
 */
#pragma once

#include "fs/owner.h"

/* -EPERM, other -errno: some of it is left, and the process must end. */
int privileges_drop(const struct owner *owner) MUST_CHECK;
