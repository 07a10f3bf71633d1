/*
 * Regular expressions, as pcre2pattern(3) describes them, of bytes and of the whole text: no match
 * of a part counts. The C library's are not used, because its regcomp(3) frees twice when memory
 * runs out in it. What is looked at is not copied, so that it may be secret. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/cleanup.h"

struct expression;

enum { EXPRESSION_REASON_MAX = 128 };

/* -EINVAL with `reason` when it is none; -ENOMEM. */
int expression_new(const char *text, struct expression **ret,
		   char reason[EXPRESSION_REASON_MAX]) MUST_CHECK;
struct expression *expression_free(struct expression *expression);
DEFINE_CLEANUP(struct expression, expression_free);

/* What a group of the expression took in; the group 0 is all. */
struct expression_part {
	size_t start, end;
	bool present; /* it took part in the match */
};

/* 0 when all of the bytes match, with the first `count` groups in `parts`; -ENOENT when they do
 * not, or when to find out would take too long; -ENOMEM. */
int expression_match(const struct expression *expression, const uint8_t *bytes, size_t size,
		     struct expression_part *parts, size_t count) MUST_CHECK;
