/*
 * The witness: turns what happens in the tree into events of the audit log. Values that are handed
 * to an open file, changes, and what the daemon refuses; not what the kernel refuses by itself, and
 * nothing about reading the audit log. What happens outside of all organisations is in no log. One
 * thread at a time.
 */
#pragma once

#include "fs/actor.h"
#include "fs/auditor.h"
#include "fs/kind.h"
#include "fs/path.h"

/* Who makes a request; and who opens a file, by which way, if that is of interest. */
struct actor witness_actor(struct tree *tree, const struct caller *caller);
struct actor witness_opener(struct tree *tree, const struct node *node, const struct caller *caller,
			    bool writes);

/* A process asks where a link leads: it is about to walk through it. */
void witness_walk(struct tree *tree, const struct node *link, pid_t pid);

/* The content is about to be handed to who opened the file. -EIO when it may not be, because that
 * cannot be recorded; 0 for what nobody records. */
int witness_read(struct tree *tree, const struct node *node, const struct actor *actor,
		 uint64_t version) MUST_CHECK;

/* Something was refused, or failed, with -errno: what is not there, or there already, is none of
 * it. */
void witness_refused(struct tree *tree, const struct node *node, const struct actor *actor,
		     enum audit_operation operation, int error);

/* A change, from before it is made until its outcome is known. */
struct witness {
	struct tree *tree;
	struct actor actor;
	enum audit_operation operation;
	size_t pin;
	uint64_t generation;	   /* of the organisation, before */
	bool always;		   /* also when nothing of the organisation has changed */
	bool silent;		   /* there is nothing to tell: a scratch file */
	struct node field;	   /* whose version is told */
	const struct edit *making; /* what is made under this name is that field; NULL */
	char path[PATH_SIZE];
	char to[PATH_SIZE]; /* "": none */
};

/* A name in a directory; `child` is what it names, NULL when it is to be made. -EIO when the change
 * could not be recorded, and so must not be made. */
int witness_edit(struct witness *witness, const struct edit *edit, const struct node *child,
		 enum audit_operation operation) MUST_CHECK;
int witness_remove(struct witness *witness, const struct edit *edit,
		   const struct node *child) MUST_CHECK;
int witness_rename(struct witness *witness, const struct edit *edit, const struct node *child,
		   const struct edit *to, const struct node *replaced) MUST_CHECK;
/* A node that is saved. */
int witness_save(struct witness *witness, struct tree *tree, const struct node *node,
		 const struct actor *actor) MUST_CHECK;

/* Several changes of one organisation are to be made before the first of them is ended: that all of
 * them, AUDIT_LINES_MAX at most, can be recorded. -EIO as above. */
int witness_reserve(struct tree *tree, size_t pin, size_t changes) MUST_CHECK;

/* It came out so: 0 or -errno, which is returned. */
int witness_end(struct witness *witness, int result);
