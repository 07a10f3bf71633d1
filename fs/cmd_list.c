#include <argp.h>
#include <jansson.h>
#include <libsmartcols/libsmartcols.h>
#include <string.h>

#include "fs/command.h"
#include "fs/inventory.h"

struct options {
	bool json;
	const char *where; /* NULL: everything */
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'j':
		options->json = true;
		return 0;
	default:
		return command_argument_optional(key, argument, state, &options->where);
	}
}

static const struct argp_option argp_options[] = {
	{"json", 'j', NULL, 0,
	 "Print JSON; `used-by` and `warnings` are null where they may not be seen", 0},
	{0},
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "[ORGANISATION|DIR]",
	.doc = "List the accounts and data connections that you may see: in an organisation, in "
	       "the "
	       "credfs mounted at DIR, or in every one. Of who uses one, and of warnings, only "
	       "those "
	       "are told who manage it. Ends with 1 when part of it could not be read.",
};

/* How each is shown, of an account and of a connection. */
static const struct {
	const char *headings[INVENTORY_KINDS]; /* NULL: it has none */
	bool several;			       /* one a line: a list in JSON */
	bool detail;			       /* in JSON only */
} columns[] = {
	[COLUMN_MOUNT] = {{"mount", "mount"}, false, false},
	[COLUMN_ACCOUNT] = {{"account", "connection"}, false, false},
	[COLUMN_PROVIDER] = {{"provider", "type"}, false, false},
	[COLUMN_LOGINS] = {{NULL, "credentials"}, true, false},
	[COLUMN_CREATED] = {{"created", "created"}, false, false},
	[COLUMN_UPDATED] = {{"updated", "updated"}, false, false},
	[COLUMN_STATE] = {{"state", "state"}, false, false},
	[COLUMN_USED_BY] = {{"used-by", "used-by"}, true, false},
	[COLUMN_MISSING] = {{"missing", "missing"}, true, true},
	[COLUMN_WARNINGS] = {{"warnings", "warnings"}, true, true},
};
_Static_assert(sizeof columns / sizeof columns[0] == INVENTORY_COLUMNS, "each is shown somehow");

static const char *const names[] = {
	[INVENTORY_ACCOUNT] = "accounts",
	[INVENTORY_CONNECTION] = "connections",
};
_Static_assert(sizeof names / sizeof names[0] == INVENTORY_KINDS, "each kind has its list");

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
static int add_columns(struct libscols_table *table, const struct inventory *inventory,
		       enum inventory_kind kind)
{
	for (size_t i = 0; i < INVENTORY_COLUMNS; i++) {
		const char *heading = columns[i].headings[kind];
		const bool hidden = !heading || columns[i].detail ||
				    (i == COLUMN_MOUNT && inventory->mounts < 2);
		const bool several = columns[i].several;
		struct libscols_column *column = scols_table_new_column(
			table, heading ? heading : "", 0,
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

static int print_table(const struct inventory *inventory, enum inventory_kind kind)
{
	CLEANUP(table_freep) struct libscols_table *table = scols_new_table();
	int r = table ? add_columns(table, inventory, kind) : -ENOMEM;

	for (size_t i = 0; i < inventory->count && r == 0; i++) {
		if (inventory->rows[i].kind == kind)
			r = add_line(table, &inventory->rows[i]);
	}
	return r < 0 ? r : scols_print_table(table);
}

/* A blank line between them. */
static int print_tables(const struct inventory *inventory)
{
	bool before = false;
	int r = 0;

	for (size_t kind = 0; kind < INVENTORY_KINDS && r == 0; kind++) {
		if (!inventory->counts[kind])
			continue;
		if (before)
			putchar('\n');
		before = true;
		r = print_table(inventory, (enum inventory_kind)kind);
	}
	return r;
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
		value = columns[column].several ? list_of(text) : json_string(text);
	/* A mount point's name may be one that JSON cannot hold. */
	return value ? value : json_null();
}

static int add_object(json_t *list, const struct inventory_row *row)
{
	json_t *object = json_object();
	int r = 0;

	for (size_t i = 0; i < INVENTORY_COLUMNS && r == 0; i++) {
		const char *heading = columns[i].headings[row->kind];

		if (heading)
			r = json_object_set_new(object, heading,
						value_of(row, (enum inventory_column)i));
	}
	/* The array takes the object, also when it fails. */
	return json_array_append_new(list, object) < 0 || r < 0 ? -ENOMEM : 0;
}

static int fill(json_t *root, const struct inventory *inventory)
{
	int r = 0;

	for (size_t kind = 0; kind < INVENTORY_KINDS && r == 0; kind++)
		r = json_object_set_new(root, names[kind], json_array());
	for (size_t i = 0; i < inventory->count && r == 0; i++) {
		const struct inventory_row *row = &inventory->rows[i];

		r = add_object(json_object_get(root, names[row->kind]), row);
	}
	return r < 0 ? -ENOMEM : 0;
}

static int print_json(const struct inventory *inventory)
{
	json_t *root = json_object();
	int r = fill(root, inventory);

	/* What stdout does not take is told at the end. */
	if (r == 0 && json_dumpf(root, stdout, JSON_INDENT(3)) == 0)
		putchar('\n');
	json_decref(root);
	return r;
}

static void tell(void *context, const char *mount, const char *path, int error)
{
	(void)context;
	command_fail(EXIT_OTHER, "%s/orgs/%s: %s", mount, path, strerror(error));
}

static enum exit_code list(struct inventory *inventory, const struct options *options)
{
	const enum exit_code code = inventory_read(inventory, options->where);
	int r;

	progress_done(inventory->progress);
	if (code != EXIT_DONE)
		return code;
	r = options->json ? print_json(inventory) : print_tables(inventory);
	if (r < 0)
		return command_fail(EXIT_OTHER, "cannot list: %s", strerror(-r));
	return inventory->failed ? EXIT_OTHER : EXIT_DONE;
}

enum exit_code cmd_list(const char *configuration, int count, char **arguments)
{
	CLEANUP_PROGRESS struct progress progress;
	CLEANUP_INVENTORY struct inventory inventory = {.progress = &progress, .tell = tell};
	struct options options = {0};
	enum exit_code code;

	progress_init(&progress, "reading");
	code = command_parse(&argp, 0, count, arguments, &options);
	if (code == EXIT_DONE)
		code = command_named_settings(configuration);
	return code == EXIT_DONE ? list(&inventory, &options) : code;
}
