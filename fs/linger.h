/*
 * Staying awake for the next request: to sleep and be woken takes longer than most requests do, and
 * an operation is several of them, each sent when the one before was answered. So the device is
 * looked at for a moment before it is waited for, the processor being left to whoever wants it. Who
 * looks in vain rests for a while, so that requests which come at other intervals cost no more than
 * they must; after a pause it is tried anew. One thread.
 */
#pragma once

#include <stdint.h>

struct linger {
	uint64_t since; /* when the next request began to be awaited */
	unsigned rest;	/* requests that will be slept for */
};

/* Before the device is read. */
void linger_await(struct linger *linger, int device);

/* One has come; `now` is tree_monotonic(). */
void linger_end(struct linger *linger, uint64_t now);
