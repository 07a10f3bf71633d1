/*
 * Where the values come from of which files for tools and variables are made: of the fields; and of
 * a data connection that is described by its `url` alone, with none of `host`, `port`, `database`
 * and `socket`, of the parts of that. Plain values, borrowed until the organisation's next commit.
 */
#pragma once

#include "fs/use.h"

struct use_source {
	const struct record *field;
	struct secret *part; /* of the field's value, what it stands for; NULL: all of it */
};

void use_source_done(struct use_source *source);
#define CLEANUP_USE_SOURCE CLEANUP(use_source_done)

/* Of the value that is called so; the caller owns `ret`. -ENOENT: it is not set; errors of the
 * value. */
int use_source(const struct use *use, const char *name, struct use_source *ret) MUST_CHECK;

/* The value. Errors as org_value(). */
int use_source_value(const struct use *use, const struct use_source *source,
		     struct secret **ret) MUST_CHECK;
