/*
 * Landlock: closing off from this process, for good, the files that it has no business with, where
 * the kernel can. Rules are for directories, and hold for what lies below them: a file that is
 * replaced by another, as /etc/passwd is, is still there. It holds for the thread that asks and for
 * those that it starts later. What is open stays open.
 */
#pragma once

#include <stddef.h>

#include "store/cleanup.h"

enum landlock_use {
	LANDLOCK_READ,	/* look, and read */
	LANDLOCK_KEEP,	/* and make, write and remove files and directories */
	LANDLOCK_WRITE, /* of a single file, such as a device: read and write */
	LANDLOCK_USES,
};

struct landlock_place {
	const char *path;
	enum landlock_use use;
};

/* Nothing but those places from now on; one that is not there, or cannot be
 * reached, is passed over. `ret_version` is what
 * of it this kernel knows; 0: nothing, and nothing is closed off. -errno: it has it, and refused.
 */
int landlock_restrict(const struct landlock_place *places, size_t count,
		      int *ret_version) MUST_CHECK;
