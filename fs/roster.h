/*
 * The roster: the names that the roles of the loaded organisations and the settings mention, and
 * keeping what the name service says of them fresh while nobody waits for it. Names that nothing
 * mentions any more are forgotten.
 */
#pragma once

#include <pthread.h>

#include "fs/tree.h"

/* Ask the name service again if its databases have changed or a minute has passed, and tell the
 * kernel if an answer did. To be called without `lock`, which is the one around the tree, by one
 * thread at a time: it is held only while the tree is looked at or changed, never while the name
 * service is asked. */
void roster_refresh(struct tree *tree, pthread_mutex_t *lock);
