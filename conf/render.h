/*
 * Rendering: values as the text that tools read natively. A format that cannot carry a value
 * refuses it, so that there is no file, never a wrong one. Pure; any thread. What each format
 * carries was taken from those who read it:
 *
 *   env      NAME=value, which shells (`set -a; .`), systemd's EnvironmentFile, python-dotenv and
 *            `env -S` read alike: no control characters, so no lines; no backslash; no "${"; with a
 *            single quote none of double quote, dollar and backquote. docker --env-file takes
 * quotes for a part of the value: it reads right what needs none, [A-Za-z0-9_./:+=@%,-]. json one
 * object; names with dots are objects within it. No NUL. aws      [group], name = value, of
 * printable ASCII without blanks, quotes and ; # \ [ ] service  [group], name=value:
 * pg_service.conf. No control characters, no blanks at the ends, and a line has 1021 bytes at most.
 *   mysql    [group], name="value": an option file. No control characters; a line has 4090 bytes.
 *   pgpass   values joined by colons in the order given: .pgpass. No control characters.
 *   copy     the only value as it is, and a newline if it ends in none.
 *
 * All must be UTF-8, and none may be empty. The text ends in one newline, but for that of an env
 * without values.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "store/secret.h"

/* One value and the name that it has in the format. */
struct render_value {
	const char *name; /* ignored by pgpass and copy */
	const uint8_t *bytes;
	size_t size;
	bool number; /* in JSON: an integer, without quotes */
};

enum render_format {
	RENDER_ENV,
	RENDER_JSON,
	RENDER_AWS,
	RENDER_SERVICE,
	RENDER_MYSQL,
	RENDER_PGPASS,
	RENDER_COPY,
	RENDER_FORMATS,
};

/* The catalogue's word for a format, and the format of a word; false for none. */
const char *render_format_name(enum render_format format);
bool render_format_parse(const char *word, enum render_format *ret) MUST_CHECK;

/* Whether a format has a [group]; and how many values it has, 0: any number. */
bool render_format_is_grouped(enum render_format format);
size_t render_format_count(enum render_format format);

struct render {
	enum render_format format;
	const char *group; /* of the formats that have one */
	const struct render_value *values;
	size_t count;
};

/* -EILSEQ when the format cannot carry a value, whose index is in `ret_index` then; -EFBIG when the
 * text would be larger than a secret may be; -ENOMEM, -EPERM as secret_new(). */
int render_text(const struct render *render, struct secret_pool *pool, struct secret **ret,
		size_t *ret_index) MUST_CHECK;
