/*
 * Data connections: connections/ of an organisation, and in it a directory for each, with fields
 * that describe it, as the catalogue's `connection` says, and the accounts that are associated with
 * it. None of it is secret but the accounts. Calls of the table of kinds.
 */
#pragma once

#include "fs/kind.h"

int connections_lookup(struct tree *tree, const struct node *directory, const char *name,
		       const struct caller *caller, struct node *ret);
int connections_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		     struct listing *ret);
int connections_make_directory(const struct edit *edit);
/* Without fields and without accounts of the organisation; what users have associated goes along.
 */
int connections_remove(const struct edit *edit, const struct node *child);
int connections_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		       const struct node *replaced);

int data_connection_lookup(struct tree *tree, const struct node *directory, const char *name,
			   const struct caller *caller, struct node *ret);
int data_connection_list(struct tree *tree, const struct node *directory,
			 const struct caller *caller, struct listing *ret);
int data_connection_make_link(const struct edit *edit, const char *target);
int data_connection_remove(const struct edit *edit, const struct node *child);
int data_connection_rename(const struct edit *edit, const struct node *child, const struct edit *to,
			   const struct node *replaced);
