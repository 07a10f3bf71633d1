/*
 * Who waits in poll(2) for a file to change: one at most for each open handle. Woken once, when the
 * file changes; the kernel then asks again. One thread at a time.
 */
#pragma once

#include <stdint.h>

#include "store/cleanup.h"

struct fuse_pollhandle;
struct waiters;

/* `wake` wakes one, `drop` lets go of one that is not to be woken any more; each takes it over. */
int waiters_new(void (*wake)(struct fuse_pollhandle *poll),
		void (*drop)(struct fuse_pollhandle *poll), struct waiters **ret) MUST_CHECK;
struct waiters *waiters_free(struct waiters *waiters);

/* Takes `poll` over, also on failure: -ENOMEM. What the handle waited with before is dropped. */
int waiters_put(struct waiters *waiters, uint64_t handle, uint64_t inode,
		struct fuse_pollhandle *poll) MUST_CHECK;

void waiters_wake(struct waiters *waiters, uint64_t inode);
void waiters_drop(struct waiters *waiters, uint64_t handle);
