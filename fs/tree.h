/*
 * The tree: everything that the mount shows, and what it is made of. It has never heard of FUSE;
 * the operations decode a request, call here or one of the modules beside it (kind, access, edit,
 * save, handle), and reply. One thread at a time: the session's lock is around every call.
 */
#pragma once

#include "conf/provider.h"
#include "conf/settings.h"
#include "fs/auditor.h"
#include "fs/inodes.h"
#include "fs/notes.h"
#include "fs/nss.h"
#include "fs/pending.h"
#include "fs/scratch.h"
#include "fs/shared.h"
#include "fs/tombstone.h"
#include "fs/vacancy.h"
#include "fs/via.h"
#include "store/store.h"

/* What the tree remembers of one organisation, by pin. */
struct tree_org {
	uint64_t access_generation; /* rises whenever somebody's rights may have changed; from 1 */
	uint64_t access_changed;    /* when, ns monotonic; 0: never */
	uint64_t stuck;		    /* the generation after which nothing could be followed */
	int stuck_error;	    /* why */
	int trouble;		    /* the last -errno that was logged for it */
	uint64_t failed;	    /* when it could not be loaded, ns monotonic */
	bool recalled;		    /* what was removed before the start: see burial.h */
	bool erased;
	bool ended;	  /* nothing is left to be done about it: see ending.h */
	pid_t remover;	  /* who tried to remove what cannot be removed */
	uint64_t removed; /* when he last tried anything, ns monotonic */
};

struct tree {
	const struct settings *settings;
	const struct catalogue *catalogue;
	struct secret_pool *pool;
	struct store *store;
	struct nss *nss;
	struct inodes *inodes;
	struct pendings *pendings;
	struct notes *notes;
	struct auditor *auditor;
	struct vias vias;
	struct scratch *scratch;
	struct tombstones tombstones;
	struct vacancies vacancies;
	struct tree_org *orgs; /* by pin */
	size_t org_count;
	uint64_t org_changes;	     /* rises when any of them, or what is outside, changes */
	struct tree_org outside;     /* what lies in no organisation */
	int unwritable;		     /* -errno: the store could not be written the last time */
	uint64_t probed;	     /* when that was found out, ns monotonic; 0: never */
	const struct shared *shared; /* what the supervisor says; NULL: there is none */
	const char *mountpoint;	     /* absolute */
	uid_t owner;		     /* of every inode */
	gid_t owner_group;
	uint64_t started;	 /* ns since 1970 */
	const char *confinement; /* what this process has given up, in words; NULL: nothing */
	/* Tell the kernel to forget what it cached of an inode. */
	void (*invalidate)(void *context, uint64_t inode);
	/* Tell it to forget a name in a directory, later: it holds the directory until it is
	 * answered. */
	void (*forget_name)(void *context, uint64_t directory, const char *name);
	/* Have who watches a file told that it has changed; may be NULL. See announce.h. */
	void (*announce)(void *context, uint64_t inode, const char *path);
	/* A request is about to change the store of an organisation by an entry of this time, or of
	 * none yet. */
	void (*intend)(void *context, size_t pin, uint64_t time);
	/* It is not, after all; may be NULL if that is. */
	void (*withdraw)(void *context, size_t pin);
	void *kernel; /* context of all five */
	/* The request that is being answered was carried out before, by a worker that died: the
	 * generation that the organisation had then; 0: it was not. */
	uint64_t carried_out;
};

/* The parts that live in memory only. The rest of `tree` is the caller's, and set before. */
int tree_init(struct tree *tree) MUST_CHECK;
void tree_done(struct tree *tree);

/* Clocks, ns: since 1970, and monotonic. */
uint64_t tree_now(void);
uint64_t tree_monotonic(void);

/* The organisation of a node, loaded when first touched; trouble is logged once. -EIO for whatever
 * is wrong with it; -ENOENT for a node that lies in none, or in one that was ended. */
int tree_org(struct tree *tree, const struct node *node, struct org **ret) MUST_CHECK;

/* The account that a node in an account's directory belongs to, or the connection that one in a
 * connection's does; NULL when it is gone. */
const struct record *tree_account(struct tree *tree, const struct org *org,
				  const struct node *node);

/* Name of the record that a node shows, of a field also while it is pending; NULL when gone. */
const char *tree_field_name(struct tree *tree, const struct org *org, const struct node *node);

/* A field of an account that holds a value; NULL. */
const struct record *tree_field(const struct org *org, struct record_id account, const char *name);

/* What says which fields an account, or a connection, has. */
const struct provider *tree_provider(const struct tree *tree, const struct record *account);

/* The inode number of a node. */
uint64_t tree_inode(struct tree *tree, const struct node *node);

/* The same of a node that another worker knew: 0 when there is none like it any more, because the
 * configuration has changed. */
uint64_t tree_inode_known(struct tree *tree, const struct node *node);

/* Tell the kernel that a node has changed. */
void tree_invalidate(struct tree *tree, const struct node *node);

/* Tell the kernel, once it has its answer, that a name in a directory is not what it thinks. */
void tree_forget_name(struct tree *tree, const struct node *directory, const char *name);

/* A field was saved or removed: the field, its account and what describes them have changed. */
void tree_account_changed(struct tree *tree, size_t pin, struct record_id account,
			  struct record_id field);

/* Somebody's rights in the organisation may have changed: what the kernel was told is taken back
 * before this returns, and open handles are judged anew. NO_PIN: in every organisation. */
void tree_access_changed(struct tree *tree, size_t pin);

/* Borrowed until tree_reserve(). NO_PIN: of what lies outside. */
struct tree_org *tree_org_state(struct tree *tree, size_t pin);

/* Tell that the store is about to be changed, by an entry of this time in an organisation's log (0
 * with NO_PIN), by which it is known whether that was done; and that it is not, after all. */
void tree_intend(struct tree *tree, size_t pin, uint64_t time);
void tree_withdraw(struct tree *tree, size_t pin);

/* Make room for one organisation more than are pinned; before one is made. -ENOMEM. */
int tree_reserve(struct tree *tree) MUST_CHECK;
