/*
 * What a directory that takes scratch files does with them: an account's, and roles/. Their names
 * come before any other but the fixed ones, and each caller has his own. Saving by rename ends
 * here: a scratch file that is renamed onto something that can be saved is saved there.
 */
#pragma once

#include "fs/kind.h"

bool scratch_dir_is_name(const struct tree *tree, const char *name);

int scratch_dir_lookup(struct tree *tree, const struct node *directory, const char *name,
		       const struct caller *caller, struct node *ret);
int scratch_dir_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		     struct listing *ret);

/* For whoever may look into the directory: nothing of it is a credential. */
int scratch_dir_make_file(const struct edit *edit, struct node *ret);
int scratch_dir_make_link(const struct edit *edit, const char *target);
void scratch_dir_remove(const struct edit *edit, const struct node *child);

/* Renames that begin or end at a scratch name: one to another, one onto what can be saved
 * (`replaced`, or what making `to` gives), and something to a scratch name, which copies it. */
bool scratch_dir_renames(const struct edit *edit, const struct node *child, const struct edit *to);
int scratch_dir_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		       const struct node *replaced);

/* Calls of the table of kinds. */
int scratch_stat(struct tree *tree, const struct node *node, struct stat *ret);
int scratch_content(struct tree *tree, const struct node *node, struct secret **ret,
		    uint64_t *ret_version);
