/*
 * Principals: `user:NAME` or `group:NAME`, whoever may hold a role. A list is one a line. Pure
 * parsing; names are not looked up here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "store/cleanup.h"

enum { PRINCIPAL_NAME_MAX = 255, PRINCIPALS_TEXT_MAX = 64 * 1024 };

struct principal {
	bool group;
	char *name;
};

struct principals {
	struct principal *list;
	size_t count;
};

void principals_done(struct principals *principals);
#define CLEANUP_PRINCIPALS CLEANUP(principals_done)

/* Parse lines; blank lines are passed over, a principal given twice counts once, the order stays.
 * `whole` false: the last line may still grow and is judged only if it ends in a newline.
 * -EINVAL on any other line, with *ret_line (may be NULL) its number from 1; -EFBIG above
 * PRINCIPALS_TEXT_MAX. */
int principals_parse(const char *text, size_t size, bool whole, struct principals *ret,
		     unsigned *ret_line) MUST_CHECK;

/* The canonical text: `user:NAME\n` each; the caller frees. An empty list is "". */
int principals_format(const struct principals *principals, char **ret) MUST_CHECK;

/* `user:root, group:ops` on one line, as in the configuration: separated by commas or blanks. */
int principals_parse_setting(const char *text, struct principals *ret) MUST_CHECK;
