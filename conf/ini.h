/*
 * Safe reading of INI files: every fault that inih passes over (a long line cut, a line with no
 * section, an unclosed section, a value continued by mistake, NUL bytes, a key given twice) is an
 * error with its line. ini.h is included by ini.c alone.
 */
#pragma once

#include <stddef.h>

#include "conf/error.h"
#include "store/cleanup.h"

/* Called for each `key = value`; -EINVAL, with `error->text` set, ends the reading (file and line
 * are filled in by the caller). `section` may be "". */
typedef int ini_pair_fn(void *context, const char *section, const char *key, const char *value,
			struct conf_error *error);

/* `name` stands in errors. Values lose surrounding blanks; `;` and `#` begin comments at the start
 * of a line only. -EINVAL with `error` set. */
int ini_read_text(const char *name, const char *text, size_t size, ini_pair_fn *each, void *context,
		  struct conf_error *error) MUST_CHECK;

/* The same from a file of at most 1 MiB: -ENOENT and other -errno from the file, with `error` set.
 */
int ini_read_file(const char *path, ini_pair_fn *each, void *context,
		  struct conf_error *error) MUST_CHECK;
