/*
 * Safe reading of INI files: every fault that inih passes over (a long line cut, a line before any
 * section, an unclosed section, a value continued by mistake, NUL bytes, a key or a section given
 * twice) is an error with its line. inih's ini.h is included by ini.c alone.
 */
#pragma once

#include <stddef.h>

#include "conf/error.h"
#include "store/cleanup.h"

/* Called once for each section, with `key` and `value` NULL, and then for each of its `key =
 * value`. `error` has file and line filled in; -EINVAL, with conf_error_text() set, or another
 * -errno ends the reading. */
typedef int ini_pair_fn(void *context, const char *section, const char *key, const char *value,
			struct conf_error *error);

/* The longest line, and the longest name of a section (inih cuts it there), in bytes. */
enum { INI_LINE_MAX = 2047, INI_SECTION_MAX = 49 };

/* `name` stands in errors. Values lose surrounding blanks; `;` and `#` begin comments at the start
 * of a line only. -EINVAL with `error` set, -ENOMEM, or what `each` returned. */
int ini_read_text(const char *name, const char *text, size_t size, ini_pair_fn *each, void *context,
		  struct conf_error *error) MUST_CHECK;

/* The same from a file of at most 1 MiB: -ENOENT, -EFBIG and other -errno from the file, with
 * `error` set. */
int ini_read_file(const char *path, ini_pair_fn *each, void *context,
		  struct conf_error *error) MUST_CHECK;
