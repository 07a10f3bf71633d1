/*
 * Announcements on their way to the toucher: sent at once, and kept while it is busy. A file that
 * waits already is not put twice, and more than a bounded number do not wait: watchers that lose a
 * word lose it under a load in which they are told all the time. One thread at a time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "store/cleanup.h"

enum { ANNOUNCER_WAITING = 1024 };

struct announcer;

/* `teller`: where to tell the toucher, or -1; taken over. */
int announcer_new(int teller, struct announcer **ret) MUST_CHECK;
struct announcer *announcer_free(struct announcer *announcer);

/* Never waits. */
void announcer_put(struct announcer *announcer, uint64_t inode, const char *path);

/* Send what waits, as much as is taken; to be called now and then. Returns how many still wait. */
size_t announcer_tend(struct announcer *announcer);
