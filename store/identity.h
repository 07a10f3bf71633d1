/*
 * The identity file: where a host keeps its recipient, and the public half of the recovery
 * recipient to which every new organisation's key is sealed as well. It is the one file that opens
 * the store, so it must belong to its reader or root and be closed to everybody else.
 */
#pragma once

#include <stdbool.h>

#include "store/recipient.h"

struct identity {
	struct recipient *host;
	struct recipient_public recovery;
	bool has_recovery;
};

void identity_done(struct identity *identity);
#define CLEANUP_IDENTITY CLEANUP(identity_done)

/* Create the file (mode 0400, durable) and never overwrite: -EEXIST. Other -errno from the file. */
int identity_save(const char *path, const struct identity *identity) MUST_CHECK;

/* Open the file to be read by identity_read(), perhaps in another process, whose user may not open
 * it; nothing is read. -ENOENT no such file; -EACCES when group or others may read or write it, or
 * somebody else owns it, or it is no regular file; other -errno. */
int identity_open(const char *path, int *ret) MUST_CHECK;

/* Read it from a descriptor, which any number of processes may share. -EBADMSG when it is damaged;
 * -EPERM when memory cannot be locked; other -errno from the file. On success the caller owns `ret`
 * (identity_done). */
int identity_read(struct secret_pool *pool, int fd, struct identity *ret) MUST_CHECK;

/* Both. */
int identity_load(struct secret_pool *pool, const char *path, struct identity *ret) MUST_CHECK;
