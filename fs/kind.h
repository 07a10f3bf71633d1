/*
 * Kinds of nodes: one table that says of each what it is, what it holds, and what may be done to
 * it. A call that a kind does not have is refused by the operation that wanted it.
 */
#pragma once

#include <sys/stat.h>

#include "fs/access.h"
#include "fs/listing.h"
#include "fs/tree.h"

/* An edit of a directory: who does it, where, which name. */
struct edit {
	struct tree *tree;
	const struct caller *caller;
	const struct node *directory;
	const char *name;
};

/* What a write handle holds, for the kinds that can be saved. */
struct save {
	struct tree *tree;
	const struct node *node;
	uid_t uid; /* who opened the handle */
	const uint8_t *bytes;
	size_t size;
	uint64_t *published; /* version that this handle published before, 0: none; updated */
};

/* A save that waits to be committed with others; the change of it, NULL when there is none. */
struct saving {
	struct save save;
	struct org *org;
	struct record_id account;
	char name[256]; /* of the field */
	struct change *change;
	struct secret *value; /* in it */
	uint64_t version;     /* of the field, when it is committed */
};

/* Drop it, as if it had never been staged. */
static inline void saving_done(struct saving *saving)
{
	saving->change = change_free(saving->change);
	saving->value = secret_free(saving->value);
}

/* Why nothing was saved through a handle that was to write all of a value. */
enum abandoned {
	ABANDONED_REFUSED,   /* or its writer was killed */
	ABANDONED_EMPTY,     /* the file was made only if there was none, and got nothing */
	ABANDONED_TRUNCATED, /* what was there was to go, and nothing came */
};

struct kind_range {
	uint64_t offset;
	size_t size;
};

struct kind {
	mode_t type;	     /* S_IFDIR, S_IFREG, S_IFLNK */
	unsigned owner_bits; /* rwx of the inodes' owner */
	unsigned other_bits; /* rwx of everybody: only for what all may see */

	/* Directories: a child by name (-ENOENT), and all that are listed. */
	int (*lookup)(struct tree *tree, const struct node *directory, const char *name,
		      const struct caller *caller, struct node *ret);
	int (*list)(struct tree *tree, const struct node *directory, const struct caller *caller,
		    struct listing *ret);
	/* Files: the whole content, as one snapshot. Links: the target, without NUL. */
	int (*content)(struct tree *tree, const struct node *node, struct secret **ret,
		       uint64_t *ret_version);
	/* Nodes that have an owner of their own: type, mode, owner, size, mtime. */
	int (*stat)(struct tree *tree, const struct node *node, struct stat *ret);
	/* The content's size, where it can be told without making the content; may be NULL. */
	int (*size)(struct tree *tree, const struct node *node, uint64_t *ret);
	/* Files without snapshots: what is there now, at most `size` bytes from `offset` on. */
	int (*read)(struct tree *tree, const struct node *node, const struct kind_range *range,
		    struct secret **ret);
	bool audited; /* who is handed the content is in the audit log */
	bool live;    /* changes without anybody being told: the kernel asks each time */
	bool moves;   /* its name may be another's without the kernel having seen how */
	bool owned;   /* a project's in use/: belongs to its runner, if there is but one */
	/* Of files that are made of others: whose values are in it, and which versions, a line
	 * each;
	 * "" when it is a value itself. The caller frees. NULL: none is made. */
	int (*fields)(struct tree *tree, const struct node *node, char **ret);
	/* When it was last changed, ns since 1970; NULL: when the daemon was started. */
	uint64_t (*updated)(struct tree *tree, const struct node *node);

	/* Files that can be written: refuse what no later byte can mend (`whole` false), or
	 * whatever is wrong with it; commit what was judged whole. */
	int (*judge)(const struct save *save, bool whole);
	int (*commit)(const struct save *save);
	/* The same in two steps, so that several can be made durable together: everything up to the
	 * commit, which changes nothing yet; and everything after it, with how it ended, which is
	 * returned; the caller owns `ret` until then. Borrows what the save does. May be NULL. */
	int (*stage)(const struct save *save, struct saving *ret);
	int (*settle)(struct saving *saving, int result);
	/* Whether >> makes sense on what is there; NULL: always. */
	bool (*appendable)(const struct save *save);
	/* The last descriptor went and nothing was saved through it; may be NULL. */
	void (*abandoned)(const struct save *save, enum abandoned why);

	/* Directories that can be changed; the child exists where that is implied. */
	int (*make_directory)(const struct edit *edit);
	int (*make_file)(const struct edit *edit, struct node *ret);
	int (*make_link)(const struct edit *edit, const char *target);
	int (*remove)(const struct edit *edit, const struct node *child);
	int (*rename)(const struct edit *edit, const struct node *child, const struct edit *to,
		      const struct node *replaced);
};

const struct kind *kind_of(const struct node *node);
bool kind_is_directory(const struct node *node);
