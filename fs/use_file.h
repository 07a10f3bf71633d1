/*
 * The files of use/ORG/PROJECT: the fields that a project may use, as they are; and what is made of
 * them when it is read, by the catalogue's renderings and as env and env.json. What cannot be made
 * is not there, and use/ORG/PROJECT/.status says why. Calls of the table of kinds; one thread at a
 * time.
 */
#pragma once

#include "fs/use.h"

/* A file in an account's directory: what its name stands for there. A name that the provider's
 * renderings have, or env and env.json, is never a field's. */
int use_file_content(struct tree *tree, const struct node *node, struct secret **ret,
		     uint64_t *ret_version);
int use_file_size(struct tree *tree, const struct node *node, uint64_t *ret);
uint64_t use_file_updated(struct tree *tree, const struct node *node);
/* The fields whose values are in a file that is made, a line each, "NAME:VERSION", of a project's
 * "ACCOUNT/NAME:VERSION"; "" for a field. The caller frees. */
int use_file_fields(struct tree *tree, const struct node *node, char **ret);

/* ACCOUNT/provider. */
int use_provider_content(struct tree *tree, const struct node *node, struct secret **ret,
			 uint64_t *ret_version);

/* env and env.json of the project. */
int use_env_content(struct tree *tree, const struct node *node, struct secret **ret,
		    uint64_t *ret_version);
int use_env_fields(struct tree *tree, const struct node *node, char **ret);
uint64_t use_env_updated(struct tree *tree, const struct node *node);

/* Whether a file is the value of a field that everybody may know who sees the account. */
bool use_file_is_open(struct tree *tree, const struct node *node);

/* Make a rendering of an account. -ENOENT when its fields are not set; -EILSEQ, with the field in
 * `ret_field`, and others as rendering_make(). */
int use_render(const struct use *use, const struct rendering *rendering, struct secret **ret,
	       const char **ret_field) MUST_CHECK;

/* The path of a file in its account's directory, NULL when it is gone; borrowed. */
const char *use_file_name(const struct use *use, const struct node *node);

/* The files that are made of variables: their names, NULL at the end. */
const char *use_env_name(size_t index);

/* The format of a file env or env.json; false for any other name. */
bool use_env_format(const char *name, enum render_format *ret);
