/*
 * The inventory: the accounts of a mounted credfs, found by walking it as the user who asks, so
 * that it holds what he may see and nothing else. Everything in it was read from `.info` and
 * `.status`. What cannot be read though he may is told on stderr and counted.
 */
#pragma once

#include <stddef.h>

#include "store/cleanup.h"

enum inventory_column {
	COLUMN_MOUNT,
	COLUMN_ACCOUNT, /* organisation/account, or organisation/projects/project/account */
	COLUMN_PROVIDER,
	COLUMN_CREATED,
	COLUMN_UPDATED,
	COLUMN_STATE,
	COLUMN_USED_BY, /* one a line; NULL: may not be seen */
	INVENTORY_COLUMNS
};

struct inventory_row {
	char *columns[INVENTORY_COLUMNS]; /* NULL: not told */
};

struct inventory {
	struct inventory_row *rows;
	size_t count;
	size_t mounts; /* that were walked */
	size_t failed; /* parts that could not be read */
};

void inventory_done(struct inventory *inventory);
#define CLEANUP_INVENTORY CLEANUP(inventory_done)

/* Add what is mounted at `path`. -ENOMEM; every other trouble is counted. */
int inventory_add(struct inventory *inventory, const char *path) MUST_CHECK;
