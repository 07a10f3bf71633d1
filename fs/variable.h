/*
 * Variables: the environment that a project's accounts give to its programs. Which variable gets a
 * field is the catalogue's to say (`environment`, `environment_path`); the fields of a provider
 * that takes any are called CREDFS_<ACCOUNT>_<FIELD>, so that nobody who may set them can name a
 * variable that means something to a program. One thread at a time.
 */
#pragma once

#include "fs/use.h"

struct variable {
	char *name;
	struct secret *value;	    /* NULL when only names are asked for */
	const struct record *entry; /* by which it comes: the account's name in the project */
	const struct record *field; /* whose value or file it is */
};

/* Sorted by name. */
struct variables {
	struct variable *list;
	size_t count;
	bool names;  /* only these */
	size_t size; /* of all values */
};

void variables_done(struct variables *variables);
#define CLEANUP_VARIABLES CLEANUP(variables_done)

/* Those of one account; of all that a project has (its node in use/): into `variables`, which holds
 * none, and in which `names` is set by the caller. Errors of the values; -EFBIG when they are
 * larger than a secret may be. */
int variables_of(const struct use *use, struct variables *variables) MUST_CHECK;
int variables_of_project(struct tree *tree, const struct node *project,
			 struct variables *variables) MUST_CHECK;

/* How many from `index` on have the name of the one there: with more than one nothing can be made
 * of them. */
size_t variables_same(const struct variables *variables, size_t index);
bool variables_conflict(const struct variables *variables);

/* As text of a format, RENDER_ENV or RENDER_JSON: -EEXIST when they conflict; -EILSEQ, with the
 * variable in `ret_index`, and others as render_text(). */
int variables_render(const struct variables *variables, enum render_format format,
		     struct secret_pool *pool, struct secret **ret, size_t *ret_index) MUST_CHECK;
