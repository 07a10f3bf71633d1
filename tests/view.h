/*
 * How the tree of a fixture looks from outside: to a caller, to stat(2), and to a kernel that was
 * told of some of its inodes. By path. A path that does not exist aborts the test.
 */
#pragma once

#include "tests/fixture.h"

struct node view_node(struct fixture *fixture, const char *path);

/* Assert what root reads there: the whole file, a link's target. */
void view_expect(struct fixture *fixture, const char *path, const char *expected);
/* Assert that it is, or is not, a part of what root reads there. */
void view_expect_part(struct fixture *fixture, const char *path, const char *part);
void view_expect_no_part(struct fixture *fixture, const char *path, const char *part);

/* What the daemon would let the caller do there: "r-x". */
struct view_bits {
	char text[4];
};
struct view_bits view_bits(struct fixture *fixture, const char *path, const struct caller *caller);
/* What the list that the kernel enforces has for a named user or group. */
struct view_bits view_entry(struct fixture *fixture, const char *path, bool group, id_t id);

struct stat view_stat(struct fixture *fixture, const char *path);

/* The names that a caller finds listed, in order, a blank between them. */
void view_list(struct fixture *fixture, const char *path, const struct caller *caller,
	       char ret[4096]);
void view_expect_list(struct fixture *fixture, const char *path, const struct caller *caller,
		      const char *expected);

/* The kernel has looked it up, and remembers it. */
struct node view_know(struct fixture *fixture, const char *path);
/* Whether the kernel was told since `invalidated` was last set to 0 that the node has changed. */
bool view_was_told(struct fixture *fixture, const struct node *node);
