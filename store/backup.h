/*
 * Backup: a copy of a store's database as it was at one moment, taken while others read and write
 * it. It holds what the database holds, sealed and signed; neither the host's identity, which
 * opens it, nor the pins. One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "store/cleanup.h"

struct backup;

/* Choose the moment: what is committed now will be in the backup, and nothing later. Errors as
 * sqlite_open(), except that a daemon may have the store open. */
int backup_open(const char *store, struct backup **ret) MUST_CHECK;
struct backup *backup_close(struct backup *backup);
DEFINE_CLEANUP(struct backup, backup_close);

/* Bytes that it will take. */
uint64_t backup_size(const struct backup *backup);

/* Called now and then; false ends the copying. */
typedef bool backup_watch_fn(void *context, uint64_t done, uint64_t total);

/* Write it to a new file, mode 0600, durable on return; only a whole backup ever bears the name.
 * -EEXIST; -ECANCELED when `watch` said so; other -errno of the new file. */
int backup_write(struct backup *backup, const char *file, backup_watch_fn *watch,
		 void *context) MUST_CHECK;
