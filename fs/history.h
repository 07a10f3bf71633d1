/*
 * .history/FIELD/N: the earlier values of a field, by version, for those who manage it. Nothing in
 * it is listed, so that what walks the tree does not wander in. Calls of the table of kinds.
 */
#pragma once

#include "fs/kind.h"

int history_lookup(struct tree *tree, const struct node *directory, const char *name,
		   const struct caller *caller, struct node *ret);
int history_field_lookup(struct tree *tree, const struct node *directory, const char *name,
			 const struct caller *caller, struct node *ret);
int history_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		 struct listing *ret);
int history_content(struct tree *tree, const struct node *node, struct secret **ret,
		    uint64_t *ret_version);
uint64_t history_updated(struct tree *tree, const struct node *node);

/* Into a change: what becomes of a field's current value and of those before it when another comes,
 * or none. As many stay as the configuration says; `published`, if it is the current version, is
 * replaced by the same handle and no history. `field` NULL: a new one. */
int history_settle(struct change *change, const struct tree *tree, const struct org *org,
		   const struct record *field, uint64_t published) MUST_CHECK;
