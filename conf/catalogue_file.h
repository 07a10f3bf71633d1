/*
 * One file of the catalogue: its sections replace or add providers and fields. For catalogue.c,
 * which knows which files there are.
 */
#pragma once

#include "conf/provider.h"

struct catalogue {
	struct provider *list;
	size_t count;
};

#define CATALOGUE_NONE ((size_t)-1)

/* Where in the list a provider is; CATALOGUE_NONE when it is not there. */
size_t catalogue_index(const struct catalogue *catalogue, const char *id);

/* Read a file's sections into the catalogue. -EINVAL and what ini_read_file() returns, with `error`
 * set; the catalogue is fit to be freed only then. */
int catalogue_read_text(struct catalogue *catalogue, const char *name, const char *text,
			size_t size, struct conf_error *error) MUST_CHECK;
int catalogue_read_file(struct catalogue *catalogue, const char *path,
			struct conf_error *error) MUST_CHECK;
