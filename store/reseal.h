/*
 * Resealing: rows of former epochs are opened and sealed under the newest key, a batch at a time,
 * until nothing is left under them and they can be retired. A row's epoch is the mark of progress,
 * so that it goes on wherever it was interrupted, and whoever does it. Versions, contents and
 * relations stay as they are. Used by org.c alone. One thread at a time.
 */
#pragma once

#include "store/commit.h"
#include "store/opener.h"

/* Count the rows of former epochs. */
size_t reseal_left(const struct chain *chain);

/* Stage at most `max` rows in the commit, sealed anew: `ret_moved` says how many. What cannot be
 * opened is passed over: it is damaged, and stays so. -ENOMEM, other errors of the engine. */
int reseal_stage(const struct opener *opener, struct commit *commit, size_t max,
		 size_t *ret_moved) MUST_CHECK;
