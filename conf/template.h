/*
 * Templates: texts made from an account's fields, `"Bearer " api_key`: constants in quotes, which
 * hold no quotes, and names of fields. Alternatives are separated by `|`: the first whose fields
 * are all set is taken. Plain values.
 */
#pragma once

#include "conf/rendering.h"

struct template_part {
	char *text;
	bool field;
	bool first; /* of an alternative */
};

struct template
{
	struct template_part *parts;
	size_t count;
};

/* -EINVAL with conf_error_text() set. Replaces what was there. */
int template_set(struct template *template, const char *text, struct conf_error *error) MUST_CHECK;
void template_done(struct template *template);

/* The text, without NUL. -ENOENT when no alternative has all its fields; what the source returned;
 * errors of secret_new(). */
int template_make(const struct template *template, const struct rendering_source *source,
		  struct secret_pool *pool, struct secret **ret) MUST_CHECK;

/* The same, of a URL: a slash at the end of a field's value does not meet one behind it, and what
 * the value's path ends in (https://gateway/v1) is not repeated when the next part begins with it
 * (/v1/models). */
int template_make_url(const struct template *template, const struct rendering_source *source,
		      struct secret_pool *pool, struct secret **ret) MUST_CHECK;
