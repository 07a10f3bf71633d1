/*
 * The directories of use/: below use/ORG/PROJECT lies what the project may use, as plain files
 * without links, for what cannot follow any: a container that sees this directory alone, systemd's
 * LoadCredential=, a library that refuses links. Nothing of it can be written. Calls of the table
 * of kinds.
 */
#pragma once

#include "fs/kind.h"

/* use/: the organisations, listed as in orgs/. */
int use_lookup(struct tree *tree, const struct node *directory, const char *name,
	       const struct caller *caller, struct node *ret);
int use_list(struct tree *tree, const struct node *directory, const struct caller *caller,
	     struct listing *ret);

/* use/ORG: its projects. */
int use_org_lookup(struct tree *tree, const struct node *directory, const char *name,
		   const struct caller *caller, struct node *ret);
int use_org_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		 struct listing *ret);

/* use/ORG/PROJECT: what the project calls its accounts, env, env.json and .status. */
int use_project_lookup(struct tree *tree, const struct node *directory, const char *name,
		       const struct caller *caller, struct node *ret);
int use_project_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		     struct listing *ret);

/* use/ORG/PROJECT/ACCOUNT, and a directory of files in it that are made. */
int use_account_lookup(struct tree *tree, const struct node *directory, const char *name,
		       const struct caller *caller, struct node *ret);
int use_account_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		     struct listing *ret);
int use_made_lookup(struct tree *tree, const struct node *directory, const char *name,
		    const struct caller *caller, struct node *ret);
int use_made_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		  struct listing *ret);

/* When anything of an account last changed. */
uint64_t use_account_updated(struct tree *tree, const struct node *node);
