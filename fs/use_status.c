#include "fs/use_status.h"

#include <string.h>

#include "fs/text.h"
#include "fs/use_file.h"
#include "fs/variable.h"

static void print_absent(const struct use *use, const char *path, FILE *file)
{
	fputs("absent: ", file);
	if (use)
		fprintf(file, "%s/", use->entry->name);
	fprintf(file, "%s: ", path);
}

/* Why a file was not made, if not because its fields are not set. */
static void print_reason(int error, const char *field, FILE *file)
{
	if (error == -EILSEQ && field)
		fprintf(file, "%s cannot be written in it\n", field);
	else if (error == -EILSEQ)
		fputs("a value of the catalogue cannot be written in it\n", file);
	else if (error == -EFBIG)
		fputs("it would be too large\n", file);
	else if (error == -EEXIST)
		fputs("conflict\n", file);
	else
		fprintf(file, "%s\n", strerror(-error));
}

static void print_conflicts(const struct variables *variables, FILE *file)
{
	for (size_t i = 0; i < variables->count; i += variables_same(variables, i)) {
		const size_t count = variables_same(variables, i);

		if (count == 1)
			continue;
		fprintf(file, "conflict: %s:", variables->list[i].name);
		for (size_t j = i; j < i + count; j++)
			fprintf(file, "%s %s/%s", j > i ? "," : "", variables->list[j].entry->name,
				variables->list[j].field->name);
		fputc('\n', file);
	}
}

/* env and env.json of an account, or with `use` NULL of the project; `error` is why there are no
 * variables. */
static void print_environment(struct tree *tree, const struct use *use,
			      const struct variables *variables, int error, FILE *file)
{
	const char *name;

	for (size_t i = 0; (name = use_env_name(i)); i++) {
		CLEANUP_SECRET struct secret *content = NULL;
		enum render_format format = RENDER_ENV;
		size_t index = 0;
		int r = use_env_format(name, &format) ? error : -EINVAL;

		if (r == 0)
			r = variables_render(variables, format, tree->pool, &content, &index);
		if (r == 0)
			continue;
		print_absent(use, name, file);
		if (r == -EILSEQ && !use)
			fprintf(file, "%s/", variables->list[index].entry->name);
		print_reason(r, r == -EILSEQ ? variables->list[index].field->name : NULL, file);
	}
}

static void print_hidden(const struct use *use, FILE *file)
{
	const struct record *field = NULL;

	while ((field = use_next_field(use, field))) {
		enum render_format format;
		bool made = use_env_format(field->name, &format);

		for (size_t i = 0; i < use->provider->rendering_count && !made; i++)
			made = rendering_paths_meet(use->provider->renderings[i].path, field->name);
		if (made)
			fprintf(file, "hidden: %s/%s: a file of that name is made\n",
				use->entry->name, field->name);
	}
}

/* Perhaps it is misspelt; it may as well be one that has no files. */
static void print_type(const struct use *use, FILE *file)
{
	char type[DATA_TYPE_MAX];

	if (use_type_is_strange(use, type))
		fprintf(file, "plain: %s: nothing is made for connections of type %s\n",
			use->entry->name, type);
}

static int print_use(const struct use *use, FILE *file)
{
	CLEANUP_VARIABLES struct variables variables = {0};
	const int error = variables_of(use, &variables);
	int r;

	if (error < 0 && error != -EFBIG)
		return error;
	print_type(use, file);
	for (size_t i = 0; i < use->provider->rendering_count; i++) {
		const struct rendering *rendering = &use->provider->renderings[i];
		CLEANUP_SECRET struct secret *content = NULL;
		const char *field = NULL;

		r = use_render(use, rendering, &content, &field);
		if (r == 0 || r == -ENOENT)
			continue;
		print_absent(use, rendering->path, file);
		print_reason(r, field, file);
	}
	print_environment(use->tree, use, &variables, error, file);
	print_hidden(use, file);
	return 0;
}

static int print_project(struct tree *tree, const struct node *node, FILE *file)
{
	CLEANUP_VARIABLES struct variables variables = {0};
	struct use use = {0};
	const int error = variables_of_project(tree, node, &variables);
	int r = 0;

	if (error < 0 && error != -EFBIG)
		return error;
	if (error == 0)
		print_conflicts(&variables, file);
	print_environment(tree, NULL, &variables, error, file);
	while (r == 0 && use_next(tree, node, use.entry, &use))
		r = print_use(&use, file);
	return r;
}

/* A value that is damaged is the reason for all that it would be in. */
int use_status_content(struct tree *tree, const struct node *node, struct secret **ret,
		       uint64_t *ret_version)
{
	CLEANUP_PRINTER struct printer printer = {0};
	struct org *org = NULL;
	int r = tree_org(tree, node, &org);

	if (r == 0 && !use_project(org, node))
		r = org_damaged(org) ? -EIO : -ENOENT;
	if (r == 0)
		r = printer_begin(&printer);
	if (r < 0)
		return r;
	*ret_version = org_generation(org);
	r = print_project(tree, node, printer.file);
	if (r == -EBADMSG)
		fputs("absent: a value is damaged\n", printer.file);
	else if (r < 0)
		return r;
	return text_end(&printer, tree->pool, ret);
}
