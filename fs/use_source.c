#include "fs/use_source.h"

#include "conf/data_place.h"

void use_source_done(struct use_source *source)
{
	secret_free(source->part);
	*source = (struct use_source){0};
}

/* Half of a place by its URL and half by fields would be a place that nobody has named. */
static const struct record *url_of(const struct use *use)
{
	static const char *const own[] = {"host", "port", "database", "socket"};

	if (!use->connection)
		return NULL;
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
		if (use_field(use, own[i]))
			return NULL;
	}
	return tree_field(use->org, use->connection->id, "url") ? use_field(use, "url") : NULL;
}

static int find_part(const struct use *use, const char *name, struct use_source *ret)
{
	const struct record *url = url_of(use);
	CLEANUP_SECRET struct secret *value = NULL;
	int r;

	if (!url)
		return -ENOENT;
	r = org_value(use->org, url->id, url->value_version, &value, NULL);
	if (r == 0)
		r = data_place_get(value, name, &ret->part);
	if (r == 0)
		ret->field = url;
	return r;
}

int use_source(const struct use *use, const char *name, struct use_source *ret)
{
	const struct record *field = use_field(use, name);

	*ret = (struct use_source){field, NULL};
	return field ? 0 : find_part(use, name, ret);
}

int use_source_value(const struct use *use, const struct use_source *source, struct secret **ret)
{
	if (source->part)
		return secret_copy(use->tree->pool, secret_view(source->part),
				   secret_size(source->part), ret);
	return org_value(use->org, source->field->id, source->field->value_version, ret, NULL);
}
