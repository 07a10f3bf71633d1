/*
 * The catalogue is read file by file, section by section. A section's keys are set as they come; a
 * field is checked when its section ends; what a section says of other fields (`needs`,
 * `requires_field`) is a promise, kept or broken when its file ends.
 */
#include "conf/catalogue_file.h"

#include <string.h>

#include "conf/ini.h"
#include "store/name.h"
#include "conf/provider_keys.h"

enum { PROVIDER_ID_MAX = 32 };

/* "Provider number `provider` has the field `field`", said in `line`. */
struct promise {
	size_t provider;
	char *field;
	unsigned line;
};

/* One file's reading. The section that is being read is a provider's (`field` is CATALOGUE_NONE) or
 * one of its fields'; indices, for the arrays move. */
struct loading {
	struct catalogue *catalogue;
	size_t provider;
	size_t field;
	unsigned line; /* where that section begins */
	struct promise *promises;
	size_t promise_count;
};

static struct loading loading_new(struct catalogue *catalogue)
{
	return (struct loading){
		.catalogue = catalogue,
		.provider = CATALOGUE_NONE,
		.field = CATALOGUE_NONE,
	};
}

static void loading_done(struct loading *loading)
{
	for (size_t i = 0; i < loading->promise_count; i++)
		free(loading->promises[i].field);
	free(loading->promises);
}

static int promise(struct loading *loading, const char *field, unsigned line)
{
	struct promise *list =
		reallocarray(loading->promises, loading->promise_count + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	loading->promises = list;
	list[loading->promise_count] = (struct promise){
		.provider = loading->provider,
		.field = strdup(field),
		.line = line,
	};
	if (!list[loading->promise_count].field)
		return -ENOMEM;
	loading->promise_count++;
	return 0;
}

static bool provider_id_is_valid(const char *id)
{
	size_t length = strlen(id);

	return length > 0 && length <= PROVIDER_ID_MAX && id[0] != '-' &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

size_t catalogue_index(const struct catalogue *catalogue, const char *id)
{
	for (size_t i = 0; i < catalogue->count; i++) {
		if (strcmp(catalogue->list[i].id, id) == 0)
			return i;
	}
	return CATALOGUE_NONE;
}

static size_t field_index(const struct provider *provider, const char *name)
{
	for (size_t i = 0; i < provider->field_count; i++) {
		if (strcmp(provider->fields[i].name, name) == 0)
			return i;
	}
	return CATALOGUE_NONE;
}

/* The place of a provider: where one of that name is, or a new one at the end. */
static int provider_slot(struct catalogue *catalogue, const char *id, size_t *ret)
{
	size_t index = catalogue_index(catalogue, id);
	struct provider *list;

	if (index == CATALOGUE_NONE) {
		list = reallocarray(catalogue->list, catalogue->count + 1, sizeof(*list));
		if (!list)
			return -ENOMEM;
		catalogue->list = list;
		index = catalogue->count++;
		list[index] = (struct provider){0};
	}
	*ret = index;
	return 0;
}

static int field_slot(struct provider *provider, const char *name, size_t *ret)
{
	size_t index = field_index(provider, name);
	struct provider_field *list;

	if (index == CATALOGUE_NONE) {
		list = reallocarray(provider->fields, provider->field_count + 1, sizeof(*list));
		if (!list)
			return -ENOMEM;
		provider->fields = list;
		index = provider->field_count++;
		list[index] = (struct provider_field){0};
	}
	*ret = index;
	return 0;
}

/* One of that name goes, with its fields, and the new one takes its place. */
static int begin_provider(struct loading *loading, const char *id, struct conf_error *error)
{
	struct provider *provider;
	size_t index;
	int r;

	if (!provider_id_is_valid(id)) {
		conf_error_text(error, "not the name of a provider: %s", id);
		return -EINVAL;
	}
	r = provider_slot(loading->catalogue, id, &index);
	if (r < 0)
		return r;
	for (size_t i = 0; i < loading->promise_count; i++) {
		if (loading->promises[i].provider == index) {
			conf_error_text(error, "section %s stands behind its fields", id);
			return -EINVAL;
		}
	}
	provider = &loading->catalogue->list[index];
	provider_done(provider);
	loading->provider = index;
	loading->field = CATALOGUE_NONE;
	return provider_init(provider, id);
}

/* In the place of one of that name, or behind the others. */
static int begin_field(struct loading *loading, const char *id, const char *name,
		       struct conf_error *error)
{
	struct provider *provider;
	int r;

	loading->provider = catalogue_index(loading->catalogue, id);
	if (loading->provider == CATALOGUE_NONE) {
		conf_error_text(error, "no section %s stands before its fields", id);
		return -EINVAL;
	}
	if (!field_name_is_valid(name) || strcmp(name, "provider") == 0) {
		conf_error_text(error, "not the name of a field: %s", name);
		return -EINVAL;
	}
	provider = &loading->catalogue->list[loading->provider];
	r = field_slot(provider, name, &loading->field);
	if (r < 0)
		return r;
	provider_field_done(&provider->fields[loading->field]);
	r = provider_field_init(&provider->fields[loading->field], name);
	return r < 0 ? r : promise(loading, name, error->line);
}

static int end_section(struct loading *loading, struct conf_error *error)
{
	const struct provider *provider;
	const struct provider_field *field;
	int r;

	if (loading->field == CATALOGUE_NONE)
		return 0;
	provider = &loading->catalogue->list[loading->provider];
	field = &provider->fields[loading->field];
	error->line = loading->line;
	r = provider_field_check(field, error);
	if (r == 0 && field->requires_field)
		r = promise(loading, field->requires_field, loading->line);
	return r;
}

static int begin_section(struct loading *loading, const char *section, struct conf_error *error)
{
	const char *slash = strchr(section, '/');
	unsigned line = error->line;
	CLEANUP_FREE char *id = NULL;
	int r = end_section(loading, error);

	if (r < 0)
		return r;
	error->line = line;
	loading->line = line;
	if (!slash)
		return begin_provider(loading, section, error);
	id = strndup(section, slash - section);
	return id ? begin_field(loading, id, slash + 1, error) : -ENOMEM;
}

static int promise_needs(struct loading *loading, const struct provider *provider, unsigned line)
{
	for (char ***set = provider->needs; *set; set++) {
		for (char **name = *set; *name; name++) {
			int r = promise(loading, *name, line);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int on_pair(void *context, const char *section, const char *key, const char *value,
		   struct conf_error *error)
{
	struct loading *loading = context;
	struct provider *provider;
	int r;

	if (!key)
		return begin_section(loading, section, error);
	provider = &loading->catalogue->list[loading->provider];
	if (loading->field != CATALOGUE_NONE)
		return provider_field_set(&provider->fields[loading->field], key, value, error);
	r = provider_set(provider, key, value, error);
	if (r == 0 && strcmp(key, "needs") == 0)
		r = promise_needs(loading, provider, error->line);
	return r;
}

static int end_file(struct loading *loading, const char *name, struct conf_error *error)
{
	int r;

	conf_error_set(error, name, 0, "malformed");
	r = end_section(loading, error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < loading->promise_count; i++) {
		const struct promise *given = &loading->promises[i];
		const struct provider *provider = &loading->catalogue->list[given->provider];

		if (field_index(provider, given->field) == CATALOGUE_NONE) {
			conf_error_set(error, name, given->line, "%s has no field %s", provider->id,
				       given->field);
			return -EINVAL;
		}
	}
	return 0;
}

int catalogue_read_text(struct catalogue *catalogue, const char *name, const char *text,
			size_t size, struct conf_error *error)
{
	CLEANUP(loading_done) struct loading loading = loading_new(catalogue);
	int r = ini_read_text(name, text, size, on_pair, &loading, error);

	return r < 0 ? r : end_file(&loading, name, error);
}

int catalogue_read_file(struct catalogue *catalogue, const char *path, struct conf_error *error)
{
	CLEANUP(loading_done) struct loading loading = loading_new(catalogue);
	int r = ini_read_file(path, on_pair, &loading, error);

	return r < 0 ? r : end_file(&loading, path, error);
}
