/*
 * Telling who watches a file that it has changed, when no process of this host has written it: the
 * daemon has put a value back, or another process or host has changed the store. What a process
 * saves through the mount is told by the kernel itself, and needs no word here.
 */
#pragma once

#include "fs/tree.h"

/* A field, `provider` or a role's file has changed, and the kernel has been told to forget it: who
 * watches it sees IN_CLOSE_WRITE, on the same inode. Nothing for any other node, or one that nobody
 * has looked up. Never waits. */
void announce(struct tree *tree, const struct node *node);

/* A record of the organisation was changed elsewhere: announces the file that shows it, if it shows
 * something else than before. `former` NULL: it was not there. */
void announce_record(struct tree *tree, size_t pin, const struct record *former,
		     const struct record *now);
