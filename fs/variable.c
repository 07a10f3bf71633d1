#include "fs/variable.h"

#include <ctype.h>
#include <string.h>

#include "fs/use_source.h"

void variables_done(struct variables *variables)
{
	for (size_t i = 0; i < variables->count; i++) {
		free(variables->list[i].name);
		secret_free(variables->list[i].value);
	}
	free(variables->list);
	*variables = (struct variables){0};
}

/* Takes the name, also when it fails. */
static int add(struct variables *variables, char *name, struct variable **ret)
{
	struct variable *variable;

	if ((variables->count & (variables->count - 1)) == 0) {
		const size_t room = variables->count ? variables->count * 2 : 1;
		struct variable *list = reallocarray(variables->list, room, sizeof *list);

		if (!list) {
			free(name);
			return -ENOMEM;
		}
		variables->list = list;
	}
	if (!name)
		return -ENOMEM;
	variable = &variables->list[variables->count++];
	*variable = (struct variable){.name = name};
	*ret = variable;
	return 0;
}

static int add_value(struct variables *variables, const struct use *use,
		     const struct use_source *source, char *name)
{
	struct variable *variable = NULL;
	int r = add(variables, name, &variable);

	if (r < 0)
		return r;
	variable->entry = use->entry;
	variable->field = source->field;
	if (variables->names)
		return 0;
	variables->size += source->part ? secret_size(source->part) : source->field->value_size;
	if (variables->size > SECRET_MAX)
		return -EFBIG;
	return use_source_value(use, source, &variable->value);
}

static int add_path(struct variables *variables, const struct use *use, const struct record *field,
		    char *name)
{
	const char *org = pins_get(store_pins(use->tree->store), use->pin)->name;
	CLEANUP_FREE char *path = NULL;
	struct variable *variable = NULL;
	int r = add(variables, name, &variable);

	if (r < 0)
		return r;
	variable->entry = use->entry;
	variable->field = field;
	if (variables->names)
		return 0;
	if (asprintf(&path, "%s/use/%s/%s/%s/%s", use->tree->mountpoint, org, use->project->name,
		     use->entry->name, field->name) < 0)
		return -ENOMEM;
	return secret_copy(use->tree->pool, path, strlen(path), &variable->value);
}

/* Capitals and digits of ASCII; for any other character an underscore. */
static void put_capitals(const char *text, char **at)
{
	for (; *text; text++) {
		const unsigned char c = (unsigned char)*text;

		if (c < 0x80)
			*(*at)++ = isalnum(c) ? (char)toupper(c) : '_';
		else if (c >= 0xc0)
			*(*at)++ = '_';
	}
}

static char *own_name(const char *account, const char *field)
{
	static const char prefix[] = "CREDFS_";
	char *name = malloc(strlen(prefix) + strlen(account) + 1 + strlen(field) + 1);
	char *at = name;

	if (!name)
		return NULL;
	memcpy(at, prefix, strlen(prefix));
	at += strlen(prefix);
	put_capitals(account, &at);
	*at++ = '_';
	put_capitals(field, &at);
	*at = '\0';
	return name;
}

static int add_field(struct variables *variables, const struct use *use, const struct record *field)
{
	const struct provider_field *rule = provider_field(use->provider, field->name);
	const struct use_source source = {field, NULL};
	int r = 0;

	if (!rule)
		return 0;
	if (!rule->name)
		return add_value(variables, use, &source, own_name(use->entry->name, field->name));
	for (char **name = rule->environment; name && *name && r == 0; name++)
		r = add_value(variables, use, &source, strdup(*name));
	for (char **name = rule->environment_paths; name && *name && r == 0; name++)
		r = add_path(variables, use, field, strdup(*name));
	return r;
}

/* What is no field, but stands in the URL of a connection. */
static int add_part(struct variables *variables, const struct use *use,
		    const struct provider_field *rule)
{
	CLEANUP_USE_SOURCE struct use_source source = {0};
	int r;

	if (!rule->name || !rule->environment || use_field(use, rule->name))
		return 0;
	r = use_source(use, rule->name, &source);
	for (char **name = rule->environment; *name && r == 0; name++)
		r = add_value(variables, use, &source, strdup(*name));
	return r == -ENOENT ? 0 : r;
}

static int add_use(struct variables *variables, const struct use *use)
{
	const struct record *field = NULL;
	int r = 0;

	while (r == 0 && (field = use_next_field(use, field)))
		r = add_field(variables, use, field);
	for (size_t i = 0; use->connection && i < use->provider->field_count && r == 0; i++)
		r = add_part(variables, use, &use->provider->fields[i]);
	return r;
}

static int compare(const void *left, const void *right)
{
	const struct variable *a = left;
	const struct variable *b = right;
	int order = strcmp(a->name, b->name);

	if (order == 0)
		order = strcmp(a->entry->name, b->entry->name);
	return order ? order : strcmp(a->field->name, b->field->name);
}

static void sort(struct variables *variables)
{
	if (variables->count)
		qsort(variables->list, variables->count, sizeof *variables->list, compare);
}

int variables_of(const struct use *use, struct variables *variables)
{
	int r = add_use(variables, use);

	sort(variables);
	return r;
}

int variables_of_project(struct tree *tree, const struct node *project, struct variables *variables)
{
	struct use use = {0};
	int r = 0;

	while (r == 0 && use_next(tree, project, use.entry, &use))
		r = add_use(variables, &use);
	sort(variables);
	return r;
}

size_t variables_same(const struct variables *variables, size_t index)
{
	const char *name = variables->list[index].name;
	size_t count = 1;

	while (index + count < variables->count &&
	       strcmp(variables->list[index + count].name, name) == 0)
		count++;
	return count;
}

bool variables_conflict(const struct variables *variables)
{
	for (size_t i = 0; i < variables->count; i++) {
		if (variables_same(variables, i) > 1)
			return true;
	}
	return false;
}

int variables_render(const struct variables *variables, enum render_format format,
		     struct secret_pool *pool, struct secret **ret, size_t *ret_index)
{
	CLEANUP_FREE struct render_value *values = calloc(variables->count + 1, sizeof *values);
	const struct render render = {format, NULL, values, variables->count};

	if (!values)
		return -ENOMEM;
	if (variables_conflict(variables))
		return -EEXIST;
	for (size_t i = 0; i < variables->count; i++) {
		const struct variable *variable = &variables->list[i];

		values[i] = (struct render_value){variable->name, secret_view(variable->value),
						  secret_size(variable->value), false};
	}
	return render_text(&render, pool, ret, ret_index);
}
