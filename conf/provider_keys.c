#include "conf/provider_keys.h"

#include <string.h>

#include "conf/field.h"
#include "conf/needs.h"
#include "conf/value.h"
#include "conf/words.h"

#define BLANKS " \t"

struct key {
	const char *name;
	size_t offset;
	value_set_fn *set;
};

static bool variable_is_valid(const char *name)
{
	return field_name_is_valid(name) && !strpbrk(name, ".-");
}

static int set_variables(void *target, const char *value, struct conf_error *error)
{
	int r = value_set_words(target, value, error);

	if (r < 0)
		return r;
	for (char **name = *(char ***)target; *name; name++) {
		if (!variable_is_valid(*name)) {
			conf_error_text(error, "not the name of a variable: %s", *name);
			return -EINVAL;
		}
	}
	return 0;
}

static int set_type(void *target, const char *value, struct conf_error *error)
{
	if (field_type_parse(value, target))
		return 0;
	conf_error_text(error, "no such type: %s", value);
	return -EINVAL;
}

/* There is but one. */
static int set_feature(void *target, const char *value, struct conf_error *error)
{
	if (strcmp(value, "connections") != 0) {
		conf_error_text(error, "no such feature: %s", value);
		return -EINVAL;
	}
	*(bool *)target = true;
	return 0;
}

static int set_name(void *target, const char *value, struct conf_error *error)
{
	if (!field_name_is_valid(value)) {
		conf_error_text(error, "not the name of a field: %s", value);
		return -EINVAL;
	}
	return value_set_text(target, value, error);
}

/* The target is the field: `pattern` is compiled when `pattern_text` is there. */
static int set_pattern(void *target, const char *value, struct conf_error *error)
{
	struct provider_field *field = target;
	CLEANUP_FREE char *text = strdup(value);
	char reason[EXPRESSION_REASON_MAX];
	int r;

	if (!text)
		return -ENOMEM;
	r = expression_new(value, &field->pattern, reason);
	if (r == -EINVAL)
		conf_error_text(error, "not a regular expression: %s", reason);
	if (r == 0)
		field->pattern_text = TAKE_PTR(text);
	return r;
}

static int set_needs(void *target, const char *value, struct conf_error *error)
{
	return needs_set(target, value, error);
}

static const struct key provider_keys[] = {
	{"title", offsetof(struct provider, title), value_set_text},
	{"needs", offsetof(struct provider, needs), set_needs},
	{"any_field", offsetof(struct provider, any_field), value_set_flag},
	{"feature", offsetof(struct provider, connections), set_feature},
};

static const struct key field_keys[] = {
	{"title", offsetof(struct provider_field, title), value_set_text},
	{"type", offsetof(struct provider_field, type), set_type},
	{"secret", offsetof(struct provider_field, secret), value_set_flag},
	{"inherit", offsetof(struct provider_field, inherit), value_set_flag},
	{"prefix", offsetof(struct provider_field, prefixes), value_set_words},
	{"prefix_required", offsetof(struct provider_field, prefix_required), value_set_flag},
	{"foreign", offsetof(struct provider_field, foreign), value_set_words},
	{"pattern", 0, set_pattern},
	{"choices", offsetof(struct provider_field, choices), value_set_words},
	{"environment", offsetof(struct provider_field, environment), set_variables},
	{"environment_path", offsetof(struct provider_field, environment_paths), set_variables},
	{"environment_clear", offsetof(struct provider_field, environment_clear), set_variables},
	{"requires_prefix", offsetof(struct provider_field, requires_prefix), value_set_text},
	{"requires_field", offsetof(struct provider_field, requires_field), set_name},
};

static int key_set(const struct key *keys, size_t count, void *object, const char *name,
		   const char *value, struct conf_error *error)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(keys[i].name, name) != 0)
			continue;
		if (!*value) {
			conf_error_text(error, "%s has no value", name);
			return -EINVAL;
		}
		return keys[i].set((char *)object + keys[i].offset, value, error);
	}
	conf_error_text(error, "no such key: %s", name);
	return -EINVAL;
}

int provider_set(struct provider *provider, const char *key, const char *value,
		 struct conf_error *error)
{
	return key_set(provider_keys, sizeof(provider_keys) / sizeof(provider_keys[0]), provider,
		       key, value, error);
}

int provider_field_set(struct provider_field *field, const char *key, const char *value,
		       struct conf_error *error)
{
	return key_set(field_keys, sizeof(field_keys) / sizeof(field_keys[0]), field, key, value,
		       error);
}

static bool words_have(char *const *words, const char *word)
{
	for (; words && *words; words++) {
		if (strcmp(*words, word) == 0)
			return true;
	}
	return false;
}

int provider_field_check(const struct provider_field *field, struct conf_error *error)
{
	if (field->prefix_required && !field->prefixes) {
		conf_error_text(error, "%s: prefix_required without a prefix", field->name);
		return -EINVAL;
	}
	if (!field->requires_prefix != !field->requires_field) {
		conf_error_text(error, "%s: requires_prefix and requires_field go together",
				field->name);
		return -EINVAL;
	}
	for (char **prefix = field->prefixes; prefix && *prefix; prefix++) {
		if (words_have(field->foreign, *prefix)) {
			conf_error_text(error, "%s: both its own prefix and foreign: %s",
					field->name, *prefix);
			return -EINVAL;
		}
	}
	return 0;
}

/* Each name stands in the lists once, as itself. */
int provider_names_check(const struct provider *provider, const char *own, struct conf_error *error)
{
	size_t found = 0;

	for (size_t i = 0; i < provider->field_count; i++)
		found += rendering_paths_meet(provider->fields[i].name, own);
	for (size_t i = 0; i < provider->rendering_count; i++)
		found += rendering_paths_meet(provider->renderings[i].path, own);
	if (found == 1)
		return 0;
	conf_error_text(error, "%s has another field or file in the place of %s", provider->id,
			own);
	return -EINVAL;
}

int provider_field_init(struct provider_field *field, const char *name)
{
	*field = (struct provider_field){
		.name = strdup(name),
		.title = strdup(name),
		.type = FIELD_TOKEN,
		.secret = true,
		.inherit = true,
	};
	if (field->name && field->title)
		return 0;
	provider_field_done(field);
	return -ENOMEM;
}

void provider_field_done(struct provider_field *field)
{
	expression_free(field->pattern);
	free(field->name);
	free(field->title);
	words_free(field->prefixes);
	words_free(field->foreign);
	free(field->pattern_text);
	words_free(field->choices);
	words_free(field->environment);
	words_free(field->environment_paths);
	words_free(field->environment_clear);
	free(field->requires_prefix);
	free(field->requires_field);
	*field = (struct provider_field){0};
}

int provider_init(struct provider *provider, const char *id)
{
	*provider = (struct provider){.id = strdup(id), .title = strdup(id)};
	if (provider->id && provider->title)
		return 0;
	provider_done(provider);
	return -ENOMEM;
}

void provider_done(struct provider *provider)
{
	for (size_t i = 0; i < provider->field_count; i++)
		provider_field_done(&provider->fields[i]);
	free(provider->fields);
	for (size_t i = 0; i < provider->rendering_count; i++)
		rendering_done(&provider->renderings[i]);
	free(provider->renderings);
	for (size_t i = 0; i < provider->trial_count; i++)
		trial_done(&provider->trials[i]);
	free(provider->trials);
	free(provider->id);
	free(provider->title);
	needs_free(provider->needs);
	*provider = (struct provider){0};
}
