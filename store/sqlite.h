/*
 * The SQLite engine: one file, WAL, synchronous=FULL, STRICT tables, secure_delete, DEFENSIVE.
 * `application_id` and `user_version` name the format; the schema in the file must be the one of
 * this version, to the letter. What is opened and how is database.c's; the calls are in
 * sqlite_read.c and sqlite_write.c.
 *
 * Errors of SQLite are translated in one place: full -ENOSPC, read-only -EROFS, busy -EBUSY,
 * corrupt or not a database -EBADMSG, no memory -ENOMEM, all else -EIO.
 */
#pragma once

#include "store/engine.h"

/* Create the file (mode 0600) with an empty schema, durable on return. -EEXIST, other -errno. */
int sqlite_create(const char *path) MUST_CHECK;

/* Remove what sqlite_create() made, as far as that works. */
void sqlite_remove(const char *path);

/* Look at a store beside whoever has it open: what would change it is refused with -EROFS, all
 * reads see one moment, and a file with damaged pages is opened too. Errors as sqlite_open(). */
int sqlite_look(const char *path, struct engine **ret) MUST_CHECK;

/* Open and check. -ENOENT; -EPROTONOSUPPORT when it is a store of another version; -EBADMSG when
 * it is damaged or no store; -EBUSY when another daemon has it open; -ENOTSUP on a network or FUSE
 * file system; -ELOOP when the file is a symlink; -EROFS when it cannot be written. */
int sqlite_open(const char *path, struct engine **ret) MUST_CHECK;

/* The same beside a daemon that may have it open, or another that joined: an append fails with
 * -ESTALE when it was not the first, and sees what others wrote with renew(). */
int sqlite_join(const char *path, struct engine **ret) MUST_CHECK;
