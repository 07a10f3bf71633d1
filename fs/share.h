/*
 * Shares: how much memory the open files of each user hold. Locked memory is scarce, and whoever
 * reaches his share is refused while the others go on. Uid 0 has no limit but the whole. One thread
 * at a time.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "store/cleanup.h"

struct shares;

/* `limit`: bytes of one user. */
int shares_new(uint64_t limit, struct shares **ret) MUST_CHECK;
struct shares *shares_free(struct shares *shares);
DEFINE_CLEANUP(struct shares, shares_free);

/* -EDQUOT beyond the user's share; -ENOMEM. */
int shares_take(struct shares *shares, uid_t uid, uint64_t bytes) MUST_CHECK;
void shares_give(struct shares *shares, uid_t uid, uint64_t bytes);
