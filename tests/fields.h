/*
 * An account as its fields: names and values in turn, NULL at the end. A value that is called like
 * an error is that error. For a module's `get`, whose context it is.
 */
#pragma once

#include <criterion/criterion.h>
#include <string.h>

#include "store/secret.h"

static inline int fields_get(void *context, const char *field, struct secret **ret)
{
	static const struct {
		const char *name;
		int error;
	} errors[] = {{"-EBADMSG", -EBADMSG}, {"-EACCES", -EACCES}};
	static struct secret_pool *pool;
	const char *const *fields = context;

	if (!pool)
		cr_assert_eq(secret_pool_new(1 << 20, &pool), 0);
	while (*fields && strcmp(*fields, field) != 0)
		fields += 2;
	if (!*fields)
		return -ENOENT;
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		if (strcmp(fields[1], errors[i].name) == 0)
			return errors[i].error;
	}
	return secret_copy(pool, fields[1], strlen(fields[1]), ret);
}
