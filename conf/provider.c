#include "conf/provider.h"

#include <string.h>

#include "conf/field.h"
#include "conf/printer.h"
#include "store/name.h"

/* Any field of a provider that takes any. */
static const struct provider_field any = {.type = FIELD_TEXT, .secret = true, .inherit = true};

const struct provider_field *provider_field(const struct provider *provider, const char *name)
{
	for (size_t i = 0; i < provider->field_count; i++) {
		if (strcmp(provider->fields[i].name, name) == 0)
			return &provider->fields[i];
	}
	/* The file named provider says which one it is. */
	if (!provider->any_field || !field_name_is_valid(name) || strcmp(name, "provider") == 0)
		return NULL;
	return &any;
}

static void put_text(FILE *stream, const char *key, const char *value)
{
	if (value)
		fprintf(stream, "%s: %s\n", key, value);
}

static void put_flag(FILE *stream, const char *key, bool value)
{
	put_text(stream, key, value ? "yes" : "no");
}

static void put_words(FILE *stream, const char *key, char *const *words)
{
	if (!words || !*words)
		return;
	fprintf(stream, "%s:", key);
	for (; *words; words++)
		fprintf(stream, " %s", *words);
	fputc('\n', stream);
}

static void put_needs(FILE *stream, char ***needs)
{
	if (!needs || !*needs)
		return;
	fputs("needs:", stream);
	for (char ***set = needs; *set; set++) {
		if (set != needs)
			fputs(" |", stream);
		for (char **name = *set; *name; name++)
			fprintf(stream, " %s", *name);
	}
	fputc('\n', stream);
}

static void put_field(FILE *stream, const struct provider_field *field)
{
	fputc('\n', stream);
	put_text(stream, "field", field->name);
	put_text(stream, "title", field->title);
	put_text(stream, "type", field_type_name(field->type));
	put_flag(stream, "secret", field->secret);
	put_flag(stream, "inherit", field->inherit);
	put_words(stream, "prefix", field->prefixes);
	if (field->prefixes)
		put_flag(stream, "prefix_required", field->prefix_required);
	put_words(stream, "foreign", field->foreign);
	put_text(stream, "pattern", field->pattern_text);
	put_words(stream, "choices", field->choices);
	put_words(stream, "environment", field->environment);
	put_words(stream, "environment_path", field->environment_paths);
	put_words(stream, "environment_clear", field->environment_clear);
	put_text(stream, "requires_prefix", field->requires_prefix);
	put_text(stream, "requires_field", field->requires_field);
}

static void put_value(FILE *stream, const struct rendering_value *value)
{
	const char *quote = value->number ? "" : "\"";

	fprintf(stream, "put: %s =", value->name);
	if (value->field)
		fprintf(stream, " %s", value->field);
	if (value->constant)
		fprintf(stream, " %s%s%s", quote, value->constant, quote);
	fputc('\n', stream);
}

static void put_rendering(FILE *stream, const struct rendering *rendering)
{
	fputc('\n', stream);
	put_text(stream, "file", rendering->path);
	put_text(stream, "format", render_format_name(rendering->format));
	put_text(stream, "group", rendering->group);
	put_needs(stream, rendering->needs);
	for (size_t i = 0; i < rendering->count; i++)
		put_value(stream, &rendering->values[i]);
}

int provider_describe(const struct provider *provider, char **ret)
{
	CLEANUP_PRINTER struct printer printer = {0};
	int r = printer_begin(&printer);
	FILE *stream = printer.file;

	if (r < 0)
		return r;
	put_text(stream, "provider", provider->id);
	put_text(stream, "title", provider->title);
	put_needs(stream, provider->needs);
	put_flag(stream, "any_field", provider->any_field);
	put_text(stream, "feature", provider->connections ? "connections" : NULL);
	for (size_t i = 0; i < provider->field_count; i++)
		put_field(stream, &provider->fields[i]);
	for (size_t i = 0; i < provider->rendering_count; i++)
		put_rendering(stream, &provider->renderings[i]);
	return printer_end(&printer, ret, NULL);
}
