/*
 * What all edits share: names that may be given, and committing a change so that the rest of the
 * tree, and the kernel, learn of it.
 */
#pragma once

#include "fs/kind.h"

/* Whether something new may have this name: -ENAMETOOLONG; -EINVAL for bytes that a name may not
 * have, a leading dot, or a name that looks like an editor's scratch file. */
int edit_name(const struct edit *edit) MUST_CHECK;

/* Whether the caller has one of the permissions in the directory: -EACCES; and this host may write
 * there: -EROFS. */
int edit_need(const struct edit *edit, unsigned permissions) MUST_CHECK;

/* The organisation of the directory, and an empty change for it. */
int edit_begin(const struct edit *edit, struct org **ret_org,
	       struct change **ret_change) MUST_CHECK;

/* Commit to the organisation of `node`. Trouble of the store is logged and becomes -EIO, -ENOSPC,
 * -EROFS, -EFBIG or -ENOMEM; after it everything is as it was. */
int edit_commit(struct tree *tree, const struct node *node, struct org *org,
		const struct change *change) MUST_CHECK;

/* The same, and have everybody's rights worked out anew. */
int edit_commit_rights(struct tree *tree, const struct node *node, struct org *org,
		       const struct change *change) MUST_CHECK;

/* Commit several at once, of one organisation or of several: all or nothing. Whatever it ends with,
 * nobody has heard of it: each is to be committed by itself, which tells what is wrong. */
struct edit_change {
	size_t pin;
	struct org *org;
	const struct change *change;
};
int edit_commit_all(struct tree *tree, const struct edit_change *list, size_t count,
		    uint64_t time) MUST_CHECK;

/* Whether a commit could succeed: asked of the store at most once a second. For what must be
 * refused at write(2) to be heard of. -ENOSPC, -EROFS, -EIO. */
int edit_writable(struct tree *tree) MUST_CHECK;

/* Somebody tried to remove what cannot be: whoever removes everything below an organisation comes
 * to its roles first. From then on nothing in it is removed for that process. */
void edit_stop_removing(const struct edit *edit);
bool edit_is_stopped(const struct edit *edit);

/* Have what was deleted overwritten now; if a reader of the store delays it, it is done later. */
void edit_tidy(struct tree *tree);

/* A new record of this kind; `name` is copied, times are now. */
int edit_record(enum record_kind kind, struct record_id parent, const char *name,
		struct record *ret) MUST_CHECK;

/* Commit a change of the links in a project or a connection, which has changed now by that, as have
 * rights. */
int edit_commit_links(const struct edit *edit, struct org *org, struct change *change) MUST_CHECK;

/* The order in which `cp -r` must come to the files of an account: what it is, where it is, the
 * rest. cp goes by inode number, which follows from the id. */
enum edit_rank { EDIT_PROVIDER, EDIT_BASE, EDIT_FIELD };

/* A new id that gives the node of this kind a number of its rank. */
struct record_id edit_ranked_id(struct tree *tree, const struct node *directory,
				enum node_kind kind, enum edit_rank rank);

/* A copy of the record with another name, changed now. */
int edit_renamed(const struct record *record, const char *name, struct record *ret) MUST_CHECK;
