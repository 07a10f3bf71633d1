#include <argp.h>
#include <jansson.h>
#include <libsmartcols/libsmartcols.h>
#include <string.h>

#include "fs/command.h"
#include "fs/inventory.h"
#include "fs/mountpoint.h"

struct options {
	bool json;
	const char *directory;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'j':
		options->json = true;
		return 0;
	default:
		return command_argument_optional(key, argument, state, &options->directory);
	}
}

static const struct argp_option argp_options[] = {
	{"json", 'j', NULL, 0, "Print JSON; `used-by` is null where it may not be seen", 0},
	{0},
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "[DIR]",
	.doc = "List the accounts that you may see: in the credfs mounted at DIR, or in every one. "
	       "Ends with 1 when part of it could not be read.",
};

static const char *const headings[] = {
	[COLUMN_MOUNT] = "mount",     [COLUMN_ACCOUNT] = "account", [COLUMN_PROVIDER] = "provider",
	[COLUMN_CREATED] = "created", [COLUMN_UPDATED] = "updated", [COLUMN_STATE] = "state",
	[COLUMN_USED_BY] = "used-by",
};
_Static_assert(sizeof headings / sizeof headings[0] == INVENTORY_COLUMNS, "each has a heading");

static struct libscols_table *table_free(struct libscols_table *table)
{
	scols_unref_table(table);
	return NULL;
}
DEFINE_CLEANUP(struct libscols_table, table_free);

/* Several values in one cell: lines of it. */
static int make_list(struct libscols_column *column)
{
	if (scols_column_set_wrapfunc(column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk,
				      NULL) < 0)
		return -ENOMEM;
	return scols_column_set_safechars(column, "\n") < 0 ? -ENOMEM : 0;
}

/* Which mount it is says nothing when there is but one. */
static int add_columns(struct libscols_table *table, const struct inventory *inventory)
{
	for (size_t i = 0; i < INVENTORY_COLUMNS; i++) {
		const bool hidden = i == COLUMN_MOUNT && inventory->mounts < 2;
		const bool several = i == COLUMN_USED_BY;
		struct libscols_column *column = scols_table_new_column(
			table, headings[i], 0,
			(hidden ? SCOLS_FL_HIDDEN : 0) | (several ? SCOLS_FL_WRAP : 0));

		if (!column || (several && make_list(column) < 0))
			return -ENOMEM;
	}
	return 0;
}

static int add_line(struct libscols_table *table, const struct inventory_row *row)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);

	if (!line)
		return -ENOMEM;
	for (size_t i = 0; i < INVENTORY_COLUMNS; i++) {
		if (row->columns[i] && scols_line_set_data(line, i, row->columns[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int print_table(const struct inventory *inventory)
{
	CLEANUP(table_freep) struct libscols_table *table = scols_new_table();
	int r = table ? add_columns(table, inventory) : -ENOMEM;

	for (size_t i = 0; i < inventory->count && r == 0; i++)
		r = add_line(table, &inventory->rows[i]);
	return r < 0 ? r : scols_print_table(table);
}

/* Each line is an element; NULL without memory. */
static json_t *list_of(const char *lines)
{
	json_t *list = json_array();

	while (list && *lines) {
		const size_t length = strcspn(lines, "\n");

		if (json_array_append_new(list, json_stringn(lines, length)) < 0) {
			json_decref(list);
			return NULL;
		}
		lines += length + (lines[length] == '\n');
	}
	return list;
}

static json_t *value_of(const struct inventory_row *row, enum inventory_column column)
{
	const char *text = row->columns[column];
	json_t *value = NULL;

	if (text)
		value = column == COLUMN_USED_BY ? list_of(text) : json_string(text);
	/* A mount point's name may be one that JSON cannot hold. */
	return value ? value : json_null();
}

static int add_object(json_t *accounts, const struct inventory_row *row)
{
	json_t *object = json_object();
	int r = 0;

	for (size_t i = 0; i < INVENTORY_COLUMNS && r == 0; i++)
		r = json_object_set_new(object, headings[i],
					value_of(row, (enum inventory_column)i));
	/* The array takes the object, also when it fails. */
	return json_array_append_new(accounts, object) < 0 || r < 0 ? -ENOMEM : 0;
}

static int print_json(const struct inventory *inventory)
{
	json_t *accounts = json_array();
	json_t *root = json_pack("{s:o}", "accounts", accounts);
	int r = root ? 0 : -ENOMEM;

	for (size_t i = 0; i < inventory->count && r == 0; i++)
		r = add_object(accounts, &inventory->rows[i]);
	/* What stdout does not take is told at the end. */
	if (r == 0 && json_dumpf(root, stdout, JSON_INDENT(3)) == 0)
		putchar('\n');
	json_decref(root);
	return r;
}

static int add_mount(void *context, const char *path)
{
	return inventory_add(context, path);
}

enum exit_code cmd_list(const char *configuration, int count, char **arguments)
{
	CLEANUP_INVENTORY struct inventory inventory = {0};
	struct options options = {0};
	enum exit_code code;
	int r;

	code = command_parse(&argp, 0, count, arguments, &options);
	if (code == EXIT_DONE)
		code = command_named_settings(configuration);
	if (code != EXIT_DONE)
		return code;
	r = options.directory ? inventory_add(&inventory, options.directory)
			      : mountpoint_each(add_mount, &inventory);
	if (r == 0)
		r = options.json ? print_json(&inventory) : print_table(&inventory);
	if (r < 0)
		return command_fail(EXIT_OTHER, "cannot list: %s", strerror(-r));
	return inventory.failed ? EXIT_OTHER : EXIT_DONE;
}
