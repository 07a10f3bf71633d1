/*
 * How an organisation stands that cannot be read, in words: against the mark that this host has of
 * it, or what else is wrong. One thread.
 */
#pragma once

#include <stdio.h>

#include "store/store.h"

/* Print a line's end on what store_org() or store_org_look() said of the organisation pinned at
 * `index`. No name and no value is in it. */
void standing_print(FILE *file, struct store *store, size_t index, int error);

/* Log those of the pinned organisations from `first` on, `count` at most, whose logs are not what
 * this host has seen, without loading any. Returns how many are left behind them. Some are looked
 * at before a mount serves, all others while it does: it is not to wait for a thousand. */
enum { STANDING_BEFORE = 64, STANDING_AT_ONCE = 16 };
size_t standing_log(struct store *store, size_t first, size_t count);

/* Log one. */
void standing_log_org(struct store *store, size_t index, int error);
