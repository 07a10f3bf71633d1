/*
 * What a daemon that died has left of removed values. Tombstones are in memory, the values they
 * speak of are in the store: the next daemon finds them there, so that what was removed a moment
 * ago can still be put back, and what nobody can want back is erased where no history is kept. Who
 * removed a value is not stored: any user who may write the field can put it back then.
 */
#pragma once

#include "fs/tree.h"

/* The organisation was loaded: remember what was removed just before. */
void burial_recall(struct tree *tree, size_t pin, const struct org *org);

/* Erase what is left of removed values in organisations that were not looked through since the
 * start, for some milliseconds; to be called again and again. Nothing where history is kept. */
void burial_tend(struct tree *tree);

/* An erasure failed: look through the organisation again. */
void burial_again(struct tree *tree, size_t pin);
