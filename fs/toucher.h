/*
 * The toucher: a process that opens files of the mount for writing, writes a byte that nobody
 * keeps, and closes them, so that the kernel tells whoever watches them. The daemon cannot: it
 * would wait for itself. It runs as the owner of the inodes, who may write every file as far as the
 * kernel is concerned and whom the daemon lets do this and nothing else (handle.h); it was forked
 * before there was any secret in memory, and has no descriptor but the one it is told by.
 *
 * It walks to the mount as any user, so that one below a directory that is closed to others is not
 * told of.
 */
#pragma once

#include <stdint.h>

#include "fs/owner.h"
#include "store/cleanup.h"

enum { TOUCHER_PATH_MAX = 2048 };

/* What it is told: one packet for each file. */
struct toucher_order {
	uint64_t inode;		     /* that the file must have */
	char path[TOUCHER_PATH_MAX]; /* below the mount; sent up to its NUL */
};

/* Start it for the mount at this path, which need not be there yet. `ret` is where to tell it, a
 * socket of packets that does not block; it ends when that is closed, or its parent dies. Before
 * any thread is started. */
int toucher_start(const char *mountpoint, const struct owner *owner, int *ret) MUST_CHECK;
