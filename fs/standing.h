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

/* Log every pinned organisation whose log is not what this host has seen, without loading any. */
void standing_log(struct store *store);

/* Log one. */
void standing_log_org(struct store *store, size_t index, int error);
