/*
 * A tree for unit tests: a real store in a directory of its own, and the calls that the operations
 * make, by path. Every call returns 0 or -errno as the kernel would be told.
 */
#pragma once

#include "fs/handles.h"
#include "fs/tree.h"

enum { FIXTURE_TOLD = 64 };

struct fixture {
	char directory[64];
	struct settings *settings;
	struct catalogue *catalogue;
	struct secret_pool *pool;
	struct store *store;
	struct tree tree;
	struct handles *handles;
	uint64_t unique;
	uint64_t invalidated;	     /* how often the kernel was told */
	uint64_t told[FIXTURE_TOLD]; /* of which inodes, the last ones */
};

/* Aborts the test when it cannot be made. `configuration` is added to the file; may be "". */
void fixture_init(struct fixture *fixture, const char *configuration);
void fixture_done(struct fixture *fixture);
#define CLEANUP_FIXTURE CLEANUP(fixture_done)

/* Stop the daemon and start it again: nothing is left but what is stored. */
void fixture_restart(struct fixture *fixture);
/* The same, and meanwhile change the database as whoever holds the file can. */
void fixture_tamper(struct fixture *fixture, const char *sql);

/* Uid 0. */
extern const struct caller fixture_root;
/* A process of this host's user, in his primary group only. Aborts when there is no such user. */
struct caller fixture_caller(const char *user);

/* The node at a path below the mount; -ENOENT. */
int fixture_find(struct fixture *fixture, const char *path, struct node *ret);

/* mkdir, rmdir or rm, ln -s, mv. */
int fixture_make(struct fixture *fixture, const char *path, const struct caller *caller);
/* mkdir of a name that would not stand in a path. */
int fixture_make_named(struct fixture *fixture, const char *directory, const char *name,
		       const struct caller *caller);
int fixture_remove(struct fixture *fixture, const char *path, const struct caller *caller);
int fixture_link(struct fixture *fixture, const char *target, const char *path,
		 const struct caller *caller);
int fixture_rename(struct fixture *fixture, const char *from, const char *to,
		   const struct caller *caller);

/* What `printf TEXT > PATH` does: *ret_write and *ret_close are what the two calls answered. */
struct fixture_saved {
	int open;
	int write;
	int close;
};
struct fixture_saved fixture_save(struct fixture *fixture, const char *path, const char *text,
				  const struct caller *caller);
/* The same with open(2)'s flags in place of O_WRONLY | O_CREAT | O_TRUNC. */
struct fixture_saved fixture_save_with(struct fixture *fixture, const char *path, const char *text,
				       int flags);
/* The first of the three that is not 0. */
int fixture_put(struct fixture *fixture, const char *path, const char *text);

/* Read the whole file as root into `ret`, which has room for 4096 bytes and is terminated. */
int fixture_read(struct fixture *fixture, const char *path, char ret[4096]);

/* Open a file, as the operations do; the number for handles_get(). */
int fixture_open(struct fixture *fixture, const char *path, int flags, const struct caller *caller,
		 uint64_t *ret);
