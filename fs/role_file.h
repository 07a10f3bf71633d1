/*
 * roles/ and its files, of an organisation or a project: who holds each role, one principal a
 * line. Calls of the table of kinds.
 */
#pragma once

#include "fs/kind.h"

int roles_lookup(struct tree *tree, const struct node *directory, const char *name,
		 const struct caller *caller, struct node *ret);
int roles_list(struct tree *tree, const struct node *directory, const struct caller *caller,
	       struct listing *ret);
int roles_make_file(const struct edit *edit, struct node *ret);
int roles_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		 const struct node *replaced);
int roles_remove(const struct edit *edit, const struct node *child);
/* The directory goes with its project; removing it by itself only checks that it is empty. */
int roles_remove_directory(const struct edit *edit);

int role_content(struct tree *tree, const struct node *node, struct secret **ret,
		 uint64_t *ret_version);
uint64_t role_updated(struct tree *tree, const struct node *node);
int role_judge(const struct save *save, bool whole);
int role_commit(const struct save *save);
void role_abandoned(const struct save *save, enum abandoned why);
