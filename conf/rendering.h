/*
 * Renderings: the rules of the catalogue by which files for tools are made from an account's
 * fields. A rule is a section [ID:FILE] of a provider, FILE the path of the file below the
 * account's directory, of one to three names:
 *
 *   [acme:acme.ini]
 *   format = aws                   aws, copy, env, json, mysql, pgpass or service: see render.h
 *   group = default                of aws, mysql and service: the section that the values stand in
 *   needs = key secret | token     the file is there with all fields of one of these sets; without
 *                                  this, with any field that it names; if it names none, always
 *   put id = key                   the value of the field `key` is called `id` there; without the
 *                                  field the line is left out
 *   put host = host "*"            or, without the field, is what stands in the quotes
 *   put type = "key"               always is; as everything in quotes, without \ and "
 *   put version = 1                an integer, which in JSON has no quotes
 *
 * The values stand in the order of their lines; of pgpass there are five, of copy one. Each is
 * named once. Files `env` and `env.json`, by the fields' `environment`, need no rule.
 */
#pragma once

#include "conf/error.h"
#include "conf/render.h"

struct rendering_value {
	char *name;	/* in the file */
	char *field;	/* NULL: always the constant */
	char *constant; /* NULL: nothing without the field */
	bool number;	/* the constant is an integer */
};

struct rendering {
	char *path;
	enum render_format format;
	bool has_format;
	char *group;   /* NULL for the formats without */
	char ***needs; /* NULL-terminated alternatives, NULL-terminated sets; may be NULL */
	struct rendering_value *values;
	size_t count;
};

/* A new one; -EINVAL for a path that no file can have. */
int rendering_init(struct rendering *rendering, const char *path,
		   struct conf_error *error) MUST_CHECK;
void rendering_done(struct rendering *rendering);

/* Set what `key = value` says. -EINVAL, with conf_error_text() set, for a key that does not exist
 * or a value that it cannot have; -ENOMEM. */
int rendering_set(struct rendering *rendering, const char *key, const char *value,
		  struct conf_error *error) MUST_CHECK;

/* Whether its keys go together, once all are set: -EINVAL with conf_error_text() set. */
int rendering_check(const struct rendering *rendering, struct conf_error *error) MUST_CHECK;

/* Whether one of two paths is the other, or lies in it. */
bool rendering_paths_meet(const char *path, const char *other);

/* Where the values of an account's fields come from. -ENOENT: it is not set. */
struct rendering_source {
	int (*get)(void *context, const char *field, struct secret **ret);
	void *context;
};

/* The file. -ENOENT when the fields that it needs are not set; what the source returned; -EILSEQ,
 * -EFBIG and others as render_text(), with the field whose value it is in `ret_field`, borrowed, or
 * NULL. */
int rendering_make(const struct rendering *rendering, const struct rendering_source *source,
		   struct secret_pool *pool, struct secret **ret,
		   const char **ret_field) MUST_CHECK;
