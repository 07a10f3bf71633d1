/*
 * Who opened a file: as he was then, as the audit log names him, and how far he was judged. The
 * kernel has let him in, but perhaps by a list that was taken back meanwhile; and what he keeps
 * open is judged again when somebody's rights have changed. A part of a handle. One thread at a
 * time.
 */
#pragma once

#include "fs/actor.h"
#include "fs/kind.h"

/* An open(2): `unique` is the number of the request; `flags` are open(2)'s. */
struct handle_open {
	struct tree *tree;
	const struct node *node;
	const struct caller *caller;
	int flags;
	uint64_t unique;
};

struct opener {
	struct caller caller;
	struct actor actor;	    /* the same, as the audit log names him */
	uint64_t access_generation; /* of the organisation, when he was last judged */
	uint64_t recorded;	    /* the version that the audit log says he had last */
};

/* -ENOMEM. */
int opener_init(const struct handle_open *open, struct opener *ret) MUST_CHECK;
void opener_done(struct opener *opener);

/* Reading a process' groups costs as much as the rest of an open: whether this one, or a read that
 * follows it, must know them. */
bool opener_needs_groups(struct tree *tree, const struct node *node, int flags);
bool opener_read_needs_groups(struct tree *tree, const struct node *node,
			      const struct opener *opener);

/* The toucher's open (toucher.h): for writing alone, and as it is. */
bool opener_touches(const struct handle_open *open);

/* Whether he may open it. -EACCES, or what looking up his rights meets. */
int opener_authorise(const struct handle_open *open) MUST_CHECK;

/* Whether he may still read; `caller` is who reads now. Errors as above. */
int opener_authorise_read(struct tree *tree, const struct node *node, const struct caller *caller,
			  struct opener *opener) MUST_CHECK;

/* On record that he has this version, before he has it. -EIO: it cannot be recorded. */
int opener_record_read(struct tree *tree, const struct node *node, uint64_t version,
		       struct opener *opener) MUST_CHECK;
