/*
 * The keys of the catalogue's sections: what each may be, and where in `struct provider` and
 * `struct provider_field` it goes. For catalogue.c, which knows files and sections.
 */
#pragma once

#include "conf/provider.h"

/* Set what `key = value` says. -EINVAL, with conf_error_text() set, for a key that does not exist
 * or a value that it cannot have; -ENOMEM. */
int provider_set(struct provider *provider, const char *key, const char *value,
		 struct conf_error *error) MUST_CHECK;
int provider_field_set(struct provider_field *field, const char *key, const char *value,
		       struct conf_error *error) MUST_CHECK;

/* Whether a field's keys go together, once all are set: -EINVAL with conf_error_text() set. */
int provider_field_check(const struct provider_field *field, struct conf_error *error) MUST_CHECK;

/* Whether a field's or a file's name, `own`, can stand beside the others of the provider: -EINVAL
 * with conf_error_text() set. */
int provider_names_check(const struct provider *provider, const char *own,
			 struct conf_error *error) MUST_CHECK;

/* A new field, with the defaults. */
int provider_field_init(struct provider_field *field, const char *name) MUST_CHECK;
void provider_field_done(struct provider_field *field);
int provider_init(struct provider *provider, const char *id) MUST_CHECK;
void provider_done(struct provider *provider);
