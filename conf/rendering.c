#include "conf/rendering.h"

#include <string.h>

#include "conf/needs.h"
#include "conf/value.h"
#include "store/name.h"

#define BLANKS " \t"

enum { PATH_NAMES_MAX = 3, DIGITS_MAX = 18 };

/* Files that every account has. */
static const char *const taken[] = {"provider", "env", "env.json"};

static bool is_taken(const char *path)
{
	for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
		if (rendering_paths_meet(path, taken[i]))
			return true;
	}
	return false;
}

/* Names as fields have, or beginning with a dot, joined by slashes. */
static bool path_is_valid(const char *path)
{
	size_t names = 0;

	while (true) {
		const size_t length = strcspn(path, "/");
		const size_t good = strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
						 "abcdefghijklmnopqrstuvwxyz_.-");

		if (length == 0 || good != length || ++names > PATH_NAMES_MAX ||
		    strspn(path, ".") == length)
			return false;
		if (!path[length])
			return true;
		path += length + 1;
	}
}

int rendering_init(struct rendering *rendering, const char *path, struct conf_error *error)
{
	*rendering = (struct rendering){0};
	if (!path_is_valid(path) || is_taken(path)) {
		conf_error_text(error, "not the name of a file to be made: %s", path);
		return -EINVAL;
	}
	rendering->path = strdup(path);
	return rendering->path ? 0 : -ENOMEM;
}

static void value_done(struct rendering_value *value)
{
	free(value->name);
	free(value->field);
	free(value->constant);
}

void rendering_done(struct rendering *rendering)
{
	for (size_t i = 0; i < rendering->count; i++)
		value_done(&rendering->values[i]);
	free(rendering->values);
	free(rendering->path);
	free(rendering->group);
	needs_free(rendering->needs);
	*rendering = (struct rendering){0};
}

/* Whether one is the other, or lies in it. */
static bool names_meet(const char *path, const char *other, char separator)
{
	const size_t length = strlen(path);
	const size_t length_other = strlen(other);
	const size_t least = length < length_other ? length : length_other;

	if (strncmp(path, other, least) != 0)
		return false;
	return length == length_other || (length > least ? path : other)[least] == separator;
}

bool rendering_paths_meet(const char *path, const char *other)
{
	return names_meet(path, other, '/');
}

static int set_format(struct rendering *rendering, const char *value, struct conf_error *error)
{
	if (!render_format_parse(value, &rendering->format)) {
		conf_error_text(error, "no such format: %s", value);
		return -EINVAL;
	}
	rendering->has_format = true;
	return 0;
}

static int set_group(struct rendering *rendering, const char *value, struct conf_error *error)
{
	if (strpbrk(value, "[]")) {
		conf_error_text(error, "not the name of a group: %s", value);
		return -EINVAL;
	}
	return value_set_text(&rendering->group, value, error);
}

static int set_needs(struct rendering *rendering, const char *value, struct conf_error *error)
{
	return needs_set(&rendering->needs, value, error);
}

static int add_value(struct rendering *rendering, const char *name, struct rendering_value **ret)
{
	struct rendering_value *list =
		reallocarray(rendering->values, rendering->count + 1, sizeof *list);

	if (!list)
		return -ENOMEM;
	rendering->values = list;
	list[rendering->count] = (struct rendering_value){.name = strdup(name)};
	*ret = &list[rendering->count++];
	return (*ret)->name ? 0 : -ENOMEM;
}

/* `"text"` or digits. */
static int set_constant(struct rendering_value *value, const char *text, struct conf_error *error)
{
	const size_t length = strlen(text);
	const size_t digits = strspn(text, "0123456789");

	value->number = digits && digits == length && digits <= DIGITS_MAX;
	if (value->number) {
		value->constant = strdup(text);
	} else if (length > 2 && text[0] == '"' && text[length - 1] == '"' &&
		   strcspn(text + 1, "\\\"") == length - 2) {
		value->constant = strndup(text + 1, length - 2);
	} else {
		conf_error_text(error, "neither the name of a field, \"text\" nor a number: %s",
				text);
		return -EINVAL;
	}
	return value->constant ? 0 : -ENOMEM;
}

static int put_value(struct rendering *rendering, const char *name, const char *text,
		     struct conf_error *error)
{
	const size_t length = strcspn(text, BLANKS);
	CLEANUP_FREE char *field = strndup(text, length);
	struct rendering_value *value = NULL;
	int r;

	if (!field)
		return -ENOMEM;
	if (!*name || strpbrk(name, BLANKS "=\"")) {
		conf_error_text(error, "not the name of a value: %s", name);
		return -EINVAL;
	}
	r = add_value(rendering, name, &value);
	if (r < 0)
		return r;
	if (!field_name_is_valid(field))
		return set_constant(value, text, error);
	value->field = TAKE_PTR(field);
	text += length;
	text += strspn(text, BLANKS);
	return *text ? set_constant(value, text, error) : 0;
}

static const struct {
	const char *name;
	int (*set)(struct rendering *rendering, const char *value, struct conf_error *error);
} keys[] = {
	{"format", set_format},
	{"group", set_group},
	{"needs", set_needs},
};

int rendering_set(struct rendering *rendering, const char *key, const char *value,
		  struct conf_error *error)
{
	static const char put[] = "put ";

	if (!*value) {
		conf_error_text(error, "%s has no value", key);
		return -EINVAL;
	}
	if (strncmp(key, put, strlen(put)) == 0) {
		key += strlen(put);
		return put_value(rendering, key + strspn(key, BLANKS), value, error);
	}
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (strcmp(keys[i].name, key) == 0)
			return keys[i].set(rendering, value, error);
	}
	conf_error_text(error, "no such key: %s", key);
	return -EINVAL;
}

/* Names that the format can have, each once. */
static const char *check_names(const struct rendering *rendering)
{
	const char separator = rendering->format == RENDER_JSON ? '.' : '\0';

	for (size_t i = 0; i < rendering->count; i++) {
		const char *name = rendering->values[i].name;

		if (rendering->format == RENDER_ENV &&
		    (!field_name_is_valid(name) || strpbrk(name, ".-")))
			return "not the name of a variable";
		for (size_t j = 0; j < i; j++) {
			if (names_meet(rendering->values[j].name, name, separator))
				return "a value is named twice";
		}
	}
	return NULL;
}

int rendering_check(const struct rendering *rendering, struct conf_error *error)
{
	const size_t wanted = render_format_count(rendering->format);
	const char *fault = NULL;

	if (!rendering->has_format)
		fault = "without a format";
	else if (render_format_is_grouped(rendering->format) != (rendering->group != NULL))
		fault = rendering->group ? "group, which its format has not" : "without a group";
	else if (!rendering->count)
		fault = "without a value";
	else if (wanted && wanted != rendering->count)
		fault = wanted == 1 ? "its format has one value" : "its format has five values";
	else
		fault = check_names(rendering);
	if (!fault)
		return 0;
	conf_error_text(error, "%s: %s", rendering->path, fault);
	return -EINVAL;
}

/* The values of one file, as they are gathered. */
struct gathering {
	const struct rendering *rendering;
	const struct rendering_source *source;
	struct secret **secrets;
	struct render_value *values;
	size_t *from; /* of each value, its index in the rule */
	size_t count;
	bool any; /* there is one that is a field's */
};

static void gathering_done(struct gathering *gathering)
{
	for (size_t i = 0; i < gathering->count; i++)
		secret_free(gathering->secrets[i]);
	free(gathering->secrets);
	free(gathering->values);
	free(gathering->from);
}

static int gathering_init(struct gathering *gathering, const struct rendering *rendering,
			  const struct rendering_source *source)
{
	gathering->rendering = rendering;
	gathering->source = source;
	gathering->secrets = calloc(rendering->count, sizeof *gathering->secrets);
	gathering->values = calloc(rendering->count, sizeof *gathering->values);
	gathering->from = calloc(rendering->count, sizeof *gathering->from);
	return gathering->secrets && gathering->values && gathering->from ? 0 : -ENOMEM;
}

static int gather(struct gathering *gathering, size_t index)
{
	const struct rendering_value *rule = &gathering->rendering->values[index];
	struct secret *secret = NULL;
	struct render_value value = {.name = rule->name};
	int r = -ENOENT;

	if (rule->field)
		r = gathering->source->get(gathering->source->context, rule->field, &secret);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == -ENOENT && !rule->constant)
		return 0;
	if (r == 0) {
		value.bytes = secret_view(secret);
		value.size = secret_size(secret);
		gathering->any = true;
	} else {
		value.bytes = (const uint8_t *)rule->constant;
		value.size = strlen(rule->constant);
		value.number = rule->number;
	}
	gathering->secrets[gathering->count] = secret;
	gathering->values[gathering->count] = value;
	gathering->from[gathering->count++] = index;
	return 0;
}

static int is_set(const struct rendering_source *source, const char *field)
{
	CLEANUP_SECRET struct secret *value = NULL;

	return source->get(source->context, field, &value);
}

/* 0 when all fields of one set are there. */
static int check_needs(const struct rendering *rendering, const struct rendering_source *source)
{
	int r = -ENOENT;

	for (char ***set = rendering->needs; set && *set && r == -ENOENT; set++) {
		r = 0;
		for (char **field = *set; *field && r == 0; field++)
			r = is_set(source, *field);
	}
	return rendering->needs ? r : 0;
}

static bool names_fields(const struct rendering *rendering)
{
	for (size_t i = 0; i < rendering->count; i++) {
		if (rendering->values[i].field)
			return true;
	}
	return false;
}

int rendering_make(const struct rendering *rendering, const struct rendering_source *source,
		   struct secret_pool *pool, struct secret **ret, const char **ret_field)
{
	CLEANUP(gathering_done) struct gathering gathering = {0};
	struct render render = {.format = rendering->format, .group = rendering->group};
	size_t index = 0;
	int r = check_needs(rendering, source);

	*ret_field = NULL;
	if (r == 0)
		r = gathering_init(&gathering, rendering, source);
	for (size_t i = 0; i < rendering->count && r == 0; i++)
		r = gather(&gathering, i);
	if (r < 0)
		return r;
	if (!rendering->needs && names_fields(rendering) && !gathering.any)
		return -ENOENT;
	render.values = gathering.values;
	render.count = gathering.count;
	r = render_text(&render, pool, ret, &index);
	if (r == -EILSEQ)
		*ret_field = rendering->values[gathering.from[index]].field;
	return r;
}
