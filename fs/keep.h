/*
 * What outlives the supervisor: the device, the state and the fence, which systemd's descriptor
 * store, or who speaks like it, keeps and hands to the next supervisor. While anybody has the
 * device open the mount lives, and who uses it only waits. The key of the host is never kept there.
 */
#pragma once

#include <stdbool.h>

#include "store/cleanup.h"

enum keep_what { KEEP_DEVICE, KEEP_STATE, KEEP_FENCE, KEEP_COUNT };

struct keep {
	int descriptors[KEEP_COUNT]; /* -1: none */
};
#define NO_KEEP ((struct keep){{-1, -1, -1}})

/* Take what is handed to this process; the caller's to close. Every other descriptor from 3 on is
 * closed, since whoever starts a daemon may forget some. Once, at the beginning. */
void keep_take(struct keep *ret);

/* Whether all of it is there, so that the mount can go on. */
bool keep_is_whole(const struct keep *keep);

/* Have it kept, from when it is mounted on: an open device that is not mounted cannot be told from
 * one that is no longer. Nothing is done without who keeps it. */
void keep_put(const struct keep *keep);

/* It is of no use any more. */
void keep_drop(void);

/* Tell who started this process that the mount answers. */
void keep_say_ready(void);

void keep_done(struct keep *keep);
