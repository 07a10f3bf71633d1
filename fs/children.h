/*
 * Directories whose entries are records of one kind below one parent: projects, connections, users,
 * accounts. What the table of kinds calls for them, but for what is peculiar to each.
 */
#pragma once

#include "fs/edit.h"

struct children {
	enum record_kind record;
	enum node_kind node;
	/* Whether the caller may see that there is one; NULL: whoever may list the directory. */
	bool (*visible)(struct tree *tree, const char *name, const struct caller *caller);
};

/* One by its name, of `parent` in the directory's organisation. -ENOENT; -EIO when records of the
 * organisation are damaged, since it may be one of these. */
int children_lookup(const struct children *children, struct tree *tree,
		    const struct node *directory, struct record_id parent, const char *name,
		    struct node *ret) MUST_CHECK;

/* All of them, in their order of `rank`. Where several have one name, the one that it finds. */
struct children_place {
	struct tree *tree;
	const struct node *directory;
	struct record_id parent;
	const struct caller *caller;
	unsigned rank;
};
int children_list(const struct children *children, const struct children_place *place,
		  struct listing *ret) MUST_CHECK;

/* Make one at the organisation's top, for who may: -EEXIST. */
int children_make(const struct children *children, const struct edit *edit) MUST_CHECK;

/* Another name within the same directory, for managers, whose rights are worked out anew.
 * `put_removed` puts into the change that the record which had the name is gone, or says why it
 * cannot go. */
int children_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		    const struct node *replaced,
		    int (*put_removed)(struct change *change, const struct org *org,
				       const struct node *removed)) MUST_CHECK;
