/*
 * The table of inodes that the kernel knows: number to node, with the permissions computed for it.
 * An entry lives as long as the kernel remembers it. One thread at a time.
 */
#pragma once

#include <sys/types.h>

#include "fs/acl.h"
#include "fs/node.h"
#include "store/table.h"

struct inode {
	uint64_t number;
	struct node node;
	uint64_t lookups;
	/* what access.c computed, valid while the generation is the organisation's */
	struct acl acl;
	bool owned; /* it belongs to `owner`, alone, and not to the daemon's user */
	uid_t owner;
	uint64_t acl_generation; /* 0: nothing computed */
	struct table_place place;
};

struct inodes;

int inodes_new(struct inodes **ret) MUST_CHECK;
struct inodes *inodes_free(struct inodes *inodes);
DEFINE_CLEANUP(struct inodes, inodes_free);

/* NULL when the kernel was never told of it. Borrowed until it is forgotten. */
struct inode *inodes_get(const struct inodes *inodes, uint64_t number);

/* The entry of a number, made when it is new. -EIO when another node has the number: two objects
 * never share an inode. Does not count as a lookup. */
int inodes_add(struct inodes *inodes, uint64_t number, const struct node *node,
	       struct inode **ret) MUST_CHECK;

/* Call `changed` for each change of how often an inode is remembered; 0: not any more. */
void inodes_watch(struct inodes *inodes, void (*changed)(void *context, const struct inode *inode),
		  void *context);

/* An inode that the kernel knows from before: as inodes_add(), remembered so many times. */
int inodes_restore(struct inodes *inodes, uint64_t number, const struct node *node,
		   uint64_t lookups) MUST_CHECK;

/* The kernel was told of it once more, or forgets it `count` times. */
void inodes_remember(struct inodes *inodes, struct inode *inode);
void inodes_forget(struct inodes *inodes, uint64_t number, uint64_t count);

/* All of them, and those of one organisation. */
void inodes_all(const struct inodes *inodes, void (*each)(void *context, const struct inode *inode),
		void *context);
void inodes_each(const struct inodes *inodes, size_t pin,
		 void (*each)(void *context, uint64_t number), void *context);

size_t inodes_count(const struct inodes *inodes);
