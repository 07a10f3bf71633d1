#include "fs/use_file.h"

#include <inttypes.h>
#include <string.h>

#include "conf/printer.h"
#include "fs/follow.h"
#include "fs/use_source.h"
#include "fs/variable.h"

static const struct {
	const char *name;
	enum render_format format;
} environments[] = {
	{"env", RENDER_ENV},
	{"env.json", RENDER_JSON},
};
enum { ENVIRONMENTS = sizeof environments / sizeof environments[0] };

const char *use_env_name(size_t index)
{
	return index < ENVIRONMENTS ? environments[index].name : NULL;
}

bool use_env_format(const char *name, enum render_format *ret)
{
	for (size_t i = 0; i < ENVIRONMENTS; i++) {
		if (strcmp(environments[i].name, name) == 0) {
			*ret = environments[i].format;
			return true;
		}
	}
	return false;
}

/* What a file of an account is: one of these. */
struct item {
	bool environment;
	const char *name; /* of an environment */
	enum render_format format;
	const struct rendering *rendering;
	const struct record *field;
};

static const struct rendering *find_rendering(const struct provider *provider, uint64_t number)
{
	for (size_t i = 0; i < provider->rendering_count; i++) {
		if (node_number(provider->renderings[i].path) == number)
			return &provider->renderings[i];
	}
	return NULL;
}

/* Names that are made have precedence: what a name stands for does not depend on what is set. */
static int item_of(const struct use *use, const struct node *node, struct item *ret)
{
	const struct record *field = NULL;
	struct item item = {.rendering = find_rendering(use->provider, node->number)};

	for (size_t i = 0; i < ENVIRONMENTS && !item.environment; i++) {
		item.environment = node_number(environments[i].name) == node->number;
		item.name = environments[i].name;
		item.format = environments[i].format;
	}
	while (!item.environment && !item.rendering && (field = use_next_field(use, field))) {
		if (node_number(field->name) == node->number)
			item.field = field;
	}
	if (!item.environment && !item.rendering && !item.field)
		return org_damaged(use->org) ? -EIO : -ENOENT;
	*ret = item;
	return 0;
}

const char *use_file_name(const struct use *use, const struct node *node)
{
	struct item item = {0};

	if (item_of(use, node, &item) < 0)
		return NULL;
	if (item.environment)
		return item.name;
	return item.rendering ? item.rendering->path : item.field->name;
}

static int get_value(void *context, const char *name, struct secret **ret)
{
	CLEANUP_USE_SOURCE struct use_source source = {0};
	const struct use *use = context;
	int r = use_source(use, name, &source);

	return r < 0 ? r : use_source_value(use, &source, ret);
}

/* An access key that is temporary is of no use without its token. */
static int check_required(const struct use *use, const struct rendering_value *value)
{
	const struct provider_field *rule =
		value->field ? provider_field(use->provider, value->field) : NULL;
	CLEANUP_SECRET struct secret *secret = NULL;
	size_t length;
	int r;

	if (!rule || !rule->requires_field || use_field(use, rule->requires_field))
		return 0;
	r = get_value((void *)(uintptr_t)use, value->field, &secret);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	length = strlen(rule->requires_prefix);
	return secret_size(secret) >= length &&
			       memcmp(secret_view(secret), rule->requires_prefix, length) == 0
		       ? -ENOENT
		       : 0;
}

int use_render(const struct use *use, const struct rendering *rendering, struct secret **ret,
	       const char **ret_field)
{
	const struct rendering_source source = {get_value, (void *)(uintptr_t)use};
	int r = 0;

	*ret_field = NULL;
	for (size_t i = 0; i < rendering->count && r == 0; i++)
		r = check_required(use, &rendering->values[i]);
	return r < 0 ? r : rendering_make(rendering, &source, use->tree->pool, ret, ret_field);
}

/* A file that cannot be made is not there. */
static int absent(int error)
{
	return error == -EILSEQ || error == -EFBIG || error == -EEXIST ? -ENOENT : error;
}

static int environment_content(const struct use *use, enum render_format format,
			       struct secret **ret)
{
	CLEANUP_VARIABLES struct variables variables = {0};
	size_t index;
	int r = variables_of(use, &variables);

	if (r == 0 && !variables.count)
		r = -ENOENT;
	return r < 0 ? r : variables_render(&variables, format, use->tree->pool, ret, &index);
}

/* Which fields a file is made of: as the audit log names them, or each as no other one is. */
enum print { PRINT_NAMES, PRINT_IDS };

typedef int fields_fn(struct tree *tree, const struct node *node, enum print how, char **ret);
static fields_fn file_fields, env_fields;

/* Another set of values is another version: the value of the same name and number may be another
 * account's, to which the link leads now. */
static int version_of(struct tree *tree, const struct node *node, fields_fn *fields, uint64_t *ret)
{
	CLEANUP_FREE char *text = NULL;
	int r = fields(tree, node, PRINT_IDS, &text);

	if (r == 0)
		*ret = node_number(text);
	return r;
}

int use_file_content(struct tree *tree, const struct node *node, struct secret **ret,
		     uint64_t *ret_version)
{
	const char *refused = NULL;
	struct item item = {0};
	struct use use;
	int r = use_of(tree, node, &use);

	if (r == 0)
		r = item_of(&use, node, &item);
	if (r < 0)
		return r;
	if (item.field) {
		*ret_version = item.field->value_version;
		return org_value(use.org, item.field->id, item.field->value_version, ret, NULL);
	}
	if (item.environment)
		r = environment_content(&use, item.format, ret);
	else
		r = use_render(&use, item.rendering, ret, &refused);
	return r < 0 ? absent(r) : version_of(tree, node, file_fields, ret_version);
}

int use_file_size(struct tree *tree, const struct node *node, uint64_t *ret)
{
	CLEANUP_SECRET struct secret *content = NULL;
	struct item item = {0};
	uint64_t version;
	struct use use;
	int r = use_of(tree, node, &use);

	if (r == 0)
		r = item_of(&use, node, &item);
	if (r == 0 && item.field) {
		*ret = item.field->value_size;
		return 0;
	}
	if (r == 0)
		r = follow_content(tree, node, &content, &version);
	if (r == 0)
		*ret = secret_size(content);
	return r;
}

uint64_t use_file_updated(struct tree *tree, const struct node *node)
{
	struct item item = {0};
	struct use use;

	if (use_of(tree, node, &use) < 0)
		return tree->started;
	if (item_of(&use, node, &item) == 0 && item.field)
		return item.field->updated;
	return use_updated(&use);
}

bool use_file_is_open(struct tree *tree, const struct node *node)
{
	const struct provider_field *rule;
	struct item item = {0};
	struct use use;

	if (use_of(tree, node, &use) < 0 || item_of(&use, node, &item) < 0 || !item.field)
		return false;
	rule = use_rule(&use, item.field);
	return rule && !rule->secret && !item.field->secret;
}

struct fields_printer {
	FILE *file;
	enum print how;
	bool accounts; /* their names too */
};

static void print_field(const struct fields_printer *printer, const struct record *entry,
			const struct record *field)
{
	if (printer->how == PRINT_IDS) {
		for (size_t i = 0; i < sizeof field->id; i++)
			fprintf(printer->file, "%02x", field->id.bytes[i]);
	} else {
		fprintf(printer->file, "%s%s%s", printer->accounts ? entry->name : "",
			printer->accounts ? "/" : "", field->name);
	}
	fprintf(printer->file, ":%" PRIu64 "\n", field->value_version);
}

/* A field that gives several variables stands there once. */
static void print_variables(const struct fields_printer *printer, const struct variables *variables)
{
	for (size_t i = 0; i < variables->count; i++) {
		const struct variable *variable = &variables->list[i];
		bool seen = false;

		for (size_t j = 0; j < i && !seen; j++)
			seen = variables->list[j].field == variable->field &&
			       variables->list[j].entry == variable->entry;
		if (!seen)
			print_field(printer, variable->entry, variable->field);
	}
}

/* The URL that several parts are of stands there once. */
static int print_sources(const struct fields_printer *printer, const struct use *use,
			 const struct rendering *rendering)
{
	const struct record *url = NULL;

	for (size_t i = 0; i < rendering->count; i++) {
		CLEANUP_USE_SOURCE struct use_source source = {0};
		const char *name = rendering->values[i].field;
		int r = name ? use_source(use, name, &source) : -ENOENT;

		if (r < 0 && r != -ENOENT)
			return r;
		if (r == 0 && (!source.part || source.field != url))
			print_field(printer, use->entry, source.field);
		if (r == 0 && source.part)
			url = source.field;
	}
	return 0;
}

static int print_item(const struct fields_printer *printer, const struct use *use,
		      const struct item *item)
{
	CLEANUP_VARIABLES struct variables variables = {.names = true};
	int r = 0;

	if (item->environment)
		r = variables_of(use, &variables);
	print_variables(printer, &variables);
	return r == 0 && item->rendering ? print_sources(printer, use, item->rendering) : r;
}

static int file_fields(struct tree *tree, const struct node *node, enum print how, char **ret)
{
	CLEANUP_PRINTER struct printer printer = {0};
	struct item item = {0};
	struct use use;
	int r = use_of(tree, node, &use);

	if (r == 0)
		r = item_of(&use, node, &item);
	if (r == 0)
		r = printer_begin(&printer);
	if (r == 0)
		r = print_item(&(const struct fields_printer){printer.file, how, false}, &use,
			       &item);
	return r < 0 ? r : printer_end(&printer, ret, NULL);
}

int use_file_fields(struct tree *tree, const struct node *node, char **ret)
{
	return file_fields(tree, node, PRINT_NAMES, ret);
}

int use_provider_content(struct tree *tree, const struct node *node, struct secret **ret,
			 uint64_t *ret_version)
{
	const char *text;
	struct use use;
	int r = use_of(tree, node, &use);

	if (r < 0)
		return r;
	text = use.provider->id;
	if (!use.connection)
		text = use.account->text ? use.account->text : "generic";
	*ret_version = node_number(text);
	return secret_copy(tree->pool, text, strlen(text), ret);
}

int use_env_content(struct tree *tree, const struct node *node, struct secret **ret,
		    uint64_t *ret_version)
{
	const enum render_format format = node->kind == NODE_USE_ENV ? RENDER_ENV : RENDER_JSON;
	CLEANUP_VARIABLES struct variables variables = {0};
	struct org *org = NULL;
	size_t index;
	int r = tree_org(tree, node, &org);

	if (r == 0 && !use_project(org, node))
		r = org_damaged(org) ? -EIO : -ENOENT;
	if (r == 0)
		r = variables_of_project(tree, node, &variables);
	if (r == 0)
		r = variables_render(&variables, format, tree->pool, ret, &index);
	return r < 0 ? absent(r) : version_of(tree, node, env_fields, ret_version);
}

static int env_fields(struct tree *tree, const struct node *node, enum print how, char **ret)
{
	CLEANUP_VARIABLES struct variables variables = {.names = true};
	CLEANUP_PRINTER struct printer printer = {0};
	int r = variables_of_project(tree, node, &variables);

	if (r == 0)
		r = printer_begin(&printer);
	if (r < 0)
		return r;
	print_variables(&(const struct fields_printer){printer.file, how, true}, &variables);
	return printer_end(&printer, ret, NULL);
}

int use_env_fields(struct tree *tree, const struct node *node, char **ret)
{
	return env_fields(tree, node, PRINT_NAMES, ret);
}

uint64_t use_env_updated(struct tree *tree, const struct node *node)
{
	const struct record *project = NULL;
	struct org *org = NULL;
	struct use use = {0};
	uint64_t updated;

	if (tree_org(tree, node, &org) == 0)
		project = use_project(org, node);
	if (!project)
		return tree->started;
	updated = project->updated;
	while (use_next(tree, node, use.entry, &use)) {
		const uint64_t last = use_updated(&use);

		updated = last > updated ? last : updated;
	}
	return updated;
}
