/*
 * Shares: how much memory the open files of each user hold. Locked memory is scarce: whoever
 * reaches his share is refused while the others go on. All users together have half of it, and an
 * eighth more that only those may go into who hold little; the rest is for what the mount itself
 * must do. Uid 0 has no limit but the whole. One thread at a time.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "store/cleanup.h"

struct shares;

/* `memory`: bytes that may be locked. */
int shares_new(uint64_t memory, struct shares **ret) MUST_CHECK;
struct shares *shares_free(struct shares *shares);
DEFINE_CLEANUP(struct shares, shares_free);

/* -EDQUOT beyond the user's share, or everybody's; -ENOMEM. */
int shares_take(struct shares *shares, uid_t uid, uint64_t bytes) MUST_CHECK;
void shares_give(struct shares *shares, uid_t uid, uint64_t bytes);
