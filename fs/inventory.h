/*
 * The inventory: the accounts and data connections of a mounted credfs and the links to them, found
 * by walking it as the user who asks, so that it holds what he may see and nothing else. Everything
 * in it was read from `.info` and `.status`. What cannot be read though he may is counted, and told
 * to `failed`.
 */
#pragma once

#include "fs/exit.h"
#include "fs/inventory_row.h"
#include "fs/progress.h"

/* A link in a project or a connection. */
struct inventory_link {
	char *mount;
	char *path; /* below orgs */
	char *target;
	bool broken;
};

struct inventory {
	struct inventory_row *rows;
	size_t count;
	size_t counts[INVENTORY_KINDS];
	struct inventory_link *links;
	size_t link_count;
	size_t mounts;		   /* that were walked */
	size_t failed;		   /* parts that could not be read */
	size_t done, total;	   /* names looked at, and known of */
	struct progress *progress; /* may be NULL */
	/* What is at `path` below orgs could not be read. */
	void (*tell)(void *context, const char *mount, const char *path, int error);
	void *context;
};

void inventory_done(struct inventory *inventory);
#define CLEANUP_INVENTORY CLEANUP(inventory_done)

/* Add what is mounted at `path`: everything, or with `org` that organisation. -ENOMEM; -ECANCELED
 * when a signal asked to stop; every other trouble is counted. */
int inventory_add(struct inventory *inventory, const char *path, const char *org) MUST_CHECK;

/* Add what an argument of a command names: a mount, an organisation (location.h); with NULL every
 * mount. Says on stderr why it could not, and returns the exit code. */
enum exit_code inventory_read(struct inventory *inventory, const char *where) MUST_CHECK;
