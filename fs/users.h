/*
 * Names of users, for the audit log, by number: asked for once a minute at most. One thread at a
 * time.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "store/cleanup.h"

struct users;

int users_new(struct users **ret) MUST_CHECK;
struct users *users_free(struct users *users);
DEFINE_CLEANUP(struct users, users_free);

/* Borrowed until the next call; NULL for a number that has no name here. `now`: ns, monotonic. */
const char *users_name(struct users *users, uid_t uid, uint64_t now);
