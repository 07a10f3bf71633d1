/*
 * The catalogue is read file by file, section by section. A section's keys are set as they come; a
 * field is checked when its section ends; what a section says of other fields (`needs`,
 * `requires_field`) is a promise, kept or broken when its file ends.
 */
#include "conf/catalogue_file.h"

#include <string.h>

#include "conf/catalogue_slots.h"
#include "conf/ini.h"
#include "conf/promises.h"
#include "conf/provider_keys.h"
#include "store/name.h"

enum { PROVIDER_ID_MAX = 32 };

/* What kind of section is being read. */
enum section { SECTION_PROVIDER, SECTION_FIELD, SECTION_RENDERING, SECTION_TRIAL };

/* One file's reading: indices, for the arrays move. */
struct loading {
	struct catalogue *catalogue;
	enum section section;
	size_t provider;
	size_t item;   /* the field, rendering or trial */
	unsigned line; /* where the section begins */
	struct promises promises;
};

static void loading_done(struct loading *loading)
{
	promises_done(&loading->promises);
}

static struct provider *provider_of(const struct loading *loading)
{
	return &loading->catalogue->list[loading->provider];
}

static bool provider_id_is_valid(const char *id)
{
	size_t length = strlen(id);

	return length > 0 && length <= PROVIDER_ID_MAX && id[0] != '-' &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

/* One of that name goes, with its fields and files, and the new one takes its place. */
static int begin_provider(struct loading *loading, const char *id, struct conf_error *error)
{
	struct provider *provider;
	int r;

	if (!provider_id_is_valid(id)) {
		conf_error_text(error, "not the name of a provider: %s", id);
		return -EINVAL;
	}
	r = catalogue_slot(loading->catalogue, id, &loading->provider);
	if (r < 0)
		return r;
	if (promises_have(&loading->promises, loading->provider)) {
		conf_error_text(error, "section %s stands behind its fields", id);
		return -EINVAL;
	}
	provider = provider_of(loading);
	provider_done(provider);
	return provider_init(provider, id);
}

/* In the place of one of that name, or behind the others. */
static int begin_field(struct loading *loading, const char *name, struct conf_error *error)
{
	struct provider *provider = provider_of(loading);
	int r;

	if (!field_name_is_valid(name) || strcmp(name, "provider") == 0) {
		conf_error_text(error, "not the name of a field: %s", name);
		return -EINVAL;
	}
	r = catalogue_field_slot(provider, name, &loading->item);
	if (r < 0)
		return r;
	provider_field_done(&provider->fields[loading->item]);
	r = provider_field_init(&provider->fields[loading->item], name);
	return r < 0 ? r : promises_add(&loading->promises, loading->provider, name, error->line);
}

static int begin_rendering(struct loading *loading, const char *path, struct conf_error *error)
{
	struct rendering rendering = {0};
	int r = rendering_init(&rendering, path, error);

	if (r == 0)
		r = catalogue_rendering_slot(provider_of(loading), path, &loading->item);
	if (r < 0) {
		rendering_done(&rendering);
		return r;
	}
	rendering_done(&provider_of(loading)->renderings[loading->item]);
	provider_of(loading)->renderings[loading->item] = rendering;
	return 0;
}

static int begin_trial(struct loading *loading, const char *name, struct conf_error *error)
{
	struct trial trial = {0};
	int r = trial_init(&trial, name, error);

	if (r == 0)
		r = catalogue_trial_slot(provider_of(loading), name, &loading->item);
	if (r < 0) {
		trial_done(&trial);
		return r;
	}
	trial_done(&provider_of(loading)->trials[loading->item]);
	provider_of(loading)->trials[loading->item] = trial;
	return 0;
}

static int end_field(struct loading *loading, struct conf_error *error)
{
	const struct provider *provider = provider_of(loading);
	const struct provider_field *field = &provider->fields[loading->item];
	int r = provider_field_check(field, error);

	if (r == 0)
		r = provider_names_check(provider, field->name, error);
	if (r == 0 && field->requires_field)
		r = promises_add(&loading->promises, loading->provider, field->requires_field,
				 loading->line);
	return r;
}

static int end_rendering(struct loading *loading, struct conf_error *error)
{
	const struct provider *provider = provider_of(loading);
	const struct rendering *rendering = &provider->renderings[loading->item];
	int r = rendering_check(rendering, error);

	if (r == 0)
		r = provider_names_check(provider, rendering->path, error);
	if (r == 0)
		r = promises_add_needs(&loading->promises, loading->provider, rendering->needs,
				       loading->line);
	for (size_t i = 0; i < rendering->count && r == 0; i++) {
		const char *field = rendering->values[i].field;

		if (field)
			r = promises_add(&loading->promises, loading->provider, field,
					 loading->line);
	}
	return r;
}

static int promise_parts(struct loading *loading, const struct template *template)
{
	int r = 0;

	for (size_t i = 0; i < template->count && r == 0; i++) {
		if (template->parts[i].field)
			r = promises_add(&loading->promises, loading->provider,
					 template->parts[i].text, loading->line);
	}
	return r;
}

static int end_trial(struct loading *loading, struct conf_error *error)
{
	const struct trial *trial = &provider_of(loading)->trials[loading->item];
	int r = trial_check(trial, error);

	if (r == 0)
		r = promises_add_needs(&loading->promises, loading->provider, trial->needs,
				       loading->line);
	if (r == 0)
		r = promise_parts(loading, &trial->url);
	if (r == 0)
		r = promise_parts(loading, &trial->body);
	for (size_t i = 0; i < trial->header_count && r == 0; i++)
		r = promise_parts(loading, &trial->headers[i].value);
	if (r == 0 && trial->document)
		r = promises_add(&loading->promises, loading->provider, trial->document,
				 loading->line);
	return r;
}

static int end_section(struct loading *loading, struct conf_error *error)
{
	error->line = loading->line;
	switch (loading->section) {
	case SECTION_FIELD:
		return end_field(loading, error);
	case SECTION_RENDERING:
		return end_rendering(loading, error);
	case SECTION_TRIAL:
		return end_trial(loading, error);
	case SECTION_PROVIDER:
	default:
		return 0;
	}
}

/* What a field or a file belongs to must be there. */
static int find_provider(struct loading *loading, const char *id, struct conf_error *error)
{
	loading->provider = catalogue_index(loading->catalogue, id);
	if (loading->provider != CATALOGUE_NONE)
		return 0;
	conf_error_text(error, "no section %s stands before its fields", id);
	return -EINVAL;
}

/* What belongs to a provider, by what stands between. */
static const struct {
	char mark;
	enum section section;
	int (*begin)(struct loading *loading, const char *name, struct conf_error *error);
} parts[] = {
	{'/', SECTION_FIELD, begin_field},
	{':', SECTION_RENDERING, begin_rendering},
	{'?', SECTION_TRIAL, begin_trial},
};

/* [ID], [ID/FIELD], [ID:FILE] or [ID?TRIAL]. */
static int begin_section(struct loading *loading, const char *section, struct conf_error *error)
{
	const size_t length = strcspn(section, "/:?");
	const char *rest = section + length;
	unsigned line = error->line;
	CLEANUP_FREE char *id = strndup(section, length);
	int r = id ? end_section(loading, error) : -ENOMEM;

	if (r < 0)
		return r;
	error->line = line;
	loading->line = line;
	loading->section = SECTION_PROVIDER;
	if (!*rest)
		return begin_provider(loading, id, error);
	r = find_provider(loading, id, error);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0] && r == 0; i++) {
		if (parts[i].mark != *rest)
			continue;
		r = parts[i].begin(loading, rest + 1, error);
		if (r == 0)
			loading->section = parts[i].section;
	}
	return r;
}

static int on_pair(void *context, const char *section, const char *key, const char *value,
		   struct conf_error *error)
{
	struct loading *loading = context;
	struct provider *provider;
	int r;

	if (!key)
		return begin_section(loading, section, error);
	provider = provider_of(loading);
	if (loading->section == SECTION_FIELD)
		return provider_field_set(&provider->fields[loading->item], key, value, error);
	if (loading->section == SECTION_RENDERING)
		return rendering_set(&provider->renderings[loading->item], key, value, error);
	if (loading->section == SECTION_TRIAL)
		return trial_set(&provider->trials[loading->item], key, value, error);
	r = provider_set(provider, key, value, error);
	if (r == 0 && strcmp(key, "needs") == 0)
		r = promises_add_needs(&loading->promises, loading->provider, provider->needs,
				       error->line);
	return r;
}

static int end_file(struct loading *loading, const char *name, struct conf_error *error)
{
	int r;

	conf_error_set(error, name, 0, "malformed");
	r = end_section(loading, error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < loading->promises.count; i++) {
		const struct promise *given = &loading->promises.list[i];
		const struct provider *provider = &loading->catalogue->list[given->provider];

		if (catalogue_field_index(provider, given->field) == CATALOGUE_NONE) {
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
	CLEANUP(loading_done) struct loading loading = {.catalogue = catalogue};
	int r = ini_read_text(name, text, size, on_pair, &loading, error);

	return r < 0 ? r : end_file(&loading, name, error);
}

int catalogue_read_file(struct catalogue *catalogue, const char *path, struct conf_error *error)
{
	CLEANUP(loading_done) struct loading loading = {.catalogue = catalogue};
	int r = ini_read_file(path, on_pair, &loading, error);

	return r < 0 ? r : end_file(&loading, path, error);
}
