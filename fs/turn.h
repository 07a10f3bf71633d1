/*
 * A worker's turn: it tells the supervisor that it could begin, and waits until it may.
 */
#pragma once

#include "store/cleanup.h"

/* -ECANCELED: it never may; other -errno. */
int turn_wait(void) MUST_CHECK;
