/*
 * The files of conf/providers/, as they were when this was built; conf/embed.py writes them into
 * the C file behind this header. In the order in which the catalogue lists providers.
 */
#pragma once

#include <stddef.h>

struct builtin_file {
	const char *name;
	const char *text; /* not terminated */
	size_t size;
};

extern const struct builtin_file builtin_files[];
extern const size_t builtin_file_count;
