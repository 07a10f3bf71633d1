/*
 * Scratch files: what editors and tools leave beside a file while they save it (swap, backup, lock
 * and temporary files), by the patterns of the configuration. They live in locked memory, belong to
 * the user who made them, each user has names of his own, and they are never stored. If they were
 * refused, editors would put the secret into the home directory and /var/tmp instead.
 *
 * Bounded in size and number for each user, as a share of the whole, so that one user cannot keep
 * the others from saving; gone some time after the last close. One thread at a time.
 */
#pragma once

#include <sys/types.h>

#include "fs/node.h"
#include "store/secret.h"

struct scratch_limits {
	uint64_t file;	 /* bytes of one file */
	uint64_t total;	 /* bytes of all; one user's share is a quarter, root's the whole */
	unsigned files;	 /* of one user in one directory */
	unsigned expire; /* seconds after the last close */
	unsigned backup; /* the same for *.bak and *.new */
};

struct scratch_file {
	struct node node; /* its own: NODE_SCRATCH or NODE_SCRATCH_LINK */
	struct node directory;
	char *name;
	uid_t uid;
	gid_t gid;
	mode_t mode;	      /* 0700 at most: nobody else's */
	struct secret *bytes; /* content of a file, target of a link */
	uint64_t changed;     /* ns since 1970 */
	uint64_t closed;      /* ns, monotonic: when the last handle went, or it was made */
	unsigned handles;
	bool removed; /* lives on until the last handle goes */
};

struct scratch_bytes {
	const uint8_t *bytes;
	size_t size;
};

struct scratch;

/* Who is told of each change: the bytes in [from, to) are new, everything else may be; and when a
 * file is no longer there, which is told before it is freed. */
struct scratch_watch {
	void (*changed)(void *context, const struct scratch_file *file, size_t from, size_t to);
	void (*gone)(void *context, const struct scratch_file *file);
	void *context;
};

int scratch_new(const struct scratch_limits *limits, struct secret_pool *pool,
		struct scratch **ret) MUST_CHECK;
struct scratch *scratch_free(struct scratch *scratch);
DEFINE_CLEANUP(struct scratch, scratch_free);

/* What a user has under a name; NULL. Borrowed until it is removed and closed. */
struct scratch_file *scratch_find(const struct scratch *scratch, const struct node *directory,
				  uid_t uid, const char *name);
/* By the id of its node; NULL. */
struct scratch_file *scratch_get(const struct scratch *scratch, struct record_id id);

struct scratch_making {
	const struct node *directory;
	const char *name;
	uid_t uid;
	gid_t gid;
	const char *target; /* of a link; NULL: a file, empty */
};
/* -ENOSPC beyond the limits, -EEXIST, -ENOMEM. */
int scratch_make(struct scratch *scratch, const struct scratch_making *making,
		 struct scratch_file **ret) MUST_CHECK;

/* Write, growing the file; or set its size. -EFBIG beyond the longest file, -ENOSPC beyond the
 * user's share. */
int scratch_write(struct scratch *scratch, struct scratch_file *file, uint64_t offset,
		  const struct scratch_bytes *bytes) MUST_CHECK;
int scratch_resize(struct scratch *scratch, struct scratch_file *file, uint64_t size) MUST_CHECK;

void scratch_opened(struct scratch_file *file);
/* Frees it when it was removed and this was the last handle. */
void scratch_closed(struct scratch *scratch, struct scratch_file *file);

/* Give it another name in its directory; what has that name is removed. -ENOMEM. */
int scratch_rename(struct scratch *scratch, struct scratch_file *file, const char *name) MUST_CHECK;
void scratch_remove(struct scratch *scratch, struct scratch_file *file);
/* All in a directory, of all users: it is gone. */
void scratch_remove_all(struct scratch *scratch, const struct node *directory);

/* It was changed from outside: its mode, group or time. */
void scratch_touched(struct scratch *scratch, struct scratch_file *file);

void scratch_watch(struct scratch *scratch, const struct scratch_watch *watch);

/* Each file, whoever's it is. */
void scratch_each(const struct scratch *scratch,
		  void (*each)(void *context, const struct scratch_file *file), void *context);

/* A file from before: like `model`, its name included, but empty and with no handle; or its bytes
 * from `offset` on, of `size` in all. Limits do not count: it was there. And when all is done, and
 * the handles are open again: those that only handles kept are dropped. -ENOMEM, -EBADMSG. */
int scratch_restore(struct scratch *scratch, const struct scratch_file *model) MUST_CHECK;
int scratch_restore_bytes(struct scratch *scratch, struct scratch_file *file, uint64_t offset,
			  const struct scratch_bytes *bytes, uint64_t size) MUST_CHECK;
void scratch_settle(struct scratch *scratch);

/* The files of a user in a directory: *cursor starts at 0; NULL at the end. */
const struct scratch_file *scratch_next(const struct scratch *scratch, const struct node *directory,
					uid_t uid, size_t *cursor);

/* Remove what has expired by `now`, ns monotonic; returns how many. */
size_t scratch_expire(struct scratch *scratch, uint64_t now);
