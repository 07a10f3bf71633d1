/*
 * credfs list: walks the mount as the user who calls it, so that it shows what he may see and
 * nothing else. Everything it prints was read from `.info` and `.status`.
 */
#include <argp.h>
#include <dirent.h>
#include <fcntl.h>
#include <libsmartcols/libsmartcols.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/command.h"
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
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_usage(state);
		options->directory = argument;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option argp_options[] = {
	{"json", 'j', NULL, 0, "Print JSON", 0},
	{0},
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "[DIR]",
	.doc = "List the accounts that you may see: in the credfs mounted at DIR, or in every one.",
};

enum column {
	COLUMN_ACCOUNT,
	COLUMN_PROVIDER,
	COLUMN_CREATED,
	COLUMN_UPDATED,
	COLUMN_STATE,
	COLUMN_USED_BY,
	COLUMNS
};

static const char *const headings[] = {
	[COLUMN_ACCOUNT] = "account", [COLUMN_PROVIDER] = "provider", [COLUMN_CREATED] = "created",
	[COLUMN_UPDATED] = "updated", [COLUMN_STATE] = "state",	      [COLUMN_USED_BY] = "used-by",
};

typedef int each_fn(struct libscols_table *table, int directory, const char *path);

/* Open a directory below another, never through a link: what is inherited is listed where it is. */
static int open_below(int directory, const char *name)
{
	return openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The values of all `key: ` lines, one a line; NULL when there is none. */
static char *values_of(const char *text, const char *key)
{
	const size_t length = strlen(key);
	char *joined = NULL;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		CLEANUP_FREE char *before = NULL;

		line += *line == '\n';
		if (strncmp(line, key, length) != 0 || strncmp(line + length, ": ", 2) != 0)
			continue;
		line += length + 2;
		before = TAKE_PTR(joined);
		if (asprintf(&joined, "%s%s%.*s", before ? before : "", before ? "\n" : "",
			     (int)strcspn(line, "\n"), line) < 0)
			joined = NULL;
	}
	return joined;
}

/* A small file as a string; NULL when it may not be read. */
static char *read_text(int directory, const char *name)
{
	CLEANUP_CLOSE int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	CLEANUP_FREE char *text = NULL;
	struct stat st;
	ssize_t length;

	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	text = calloc(1, (size_t)st.st_size + 1);
	if (!text)
		return NULL;
	length = read(fd, text, (size_t)st.st_size);
	return length < 0 ? NULL : TAKE_PTR(text);
}

static void put(struct libscols_line *line, enum column column, char *value)
{
	if (value && scols_line_refer_data(line, column, value) < 0)
		free(value);
}

static int add_account(struct libscols_table *table, int directory, const char *path)
{
	CLEANUP_FREE char *info = read_text(directory, ".info");
	CLEANUP_FREE char *status = read_text(directory, ".status");
	CLEANUP_FREE char *missing = NULL;
	struct libscols_line *line;
	char *state = NULL;

	if (!info)
		return 0;
	line = scols_table_new_line(table, NULL);
	if (!line)
		return -ENOMEM;
	missing = values_of(info, "missing");
	put(line, COLUMN_ACCOUNT, strdup(path));
	put(line, COLUMN_PROVIDER, values_of(info, "provider"));
	put(line, COLUMN_CREATED, values_of(info, "created"));
	put(line, COLUMN_UPDATED, values_of(info, "updated"));
	if (asprintf(&state, missing ? "missing %s" : "complete", missing) >= 0)
		put(line, COLUMN_STATE, state);
	if (status)
		put(line, COLUMN_USED_BY, values_of(status, "used-by"));
	return 0;
}

/* Call `each` for every directory in `directory`, in order of name. */
static int each_directory(struct libscols_table *table, int directory, const char *path,
			  each_fn *each)
{
	struct dirent **entries = NULL;
	const int count = scandirat(directory, ".", &entries, NULL, alphasort);
	int r = 0;

	for (int i = 0; i < count; i++) {
		CLEANUP_FREE struct dirent *entry = entries[i];
		CLEANUP_CLOSE int child = -1;
		CLEANUP_FREE char *name = NULL;

		if (r < 0 || entry->d_name[0] == '.' || strcmp(entry->d_name, "roles") == 0)
			continue;
		child = open_below(directory, entry->d_name);
		if (child < 0)
			continue;
		if (asprintf(&name, "%s%s%s", path, *path ? "/" : "", entry->d_name) < 0) {
			name = NULL;
			r = -ENOMEM;
			continue;
		}
		r = each(table, child, name);
	}
	free(entries);
	return r;
}

static int add_project(struct libscols_table *table, int directory, const char *path)
{
	return each_directory(table, directory, path, add_account);
}

static int add_in_org(struct libscols_table *table, int directory, const char *path)
{
	const char *name = strrchr(path, '/');

	if (name && strcmp(name, "/projects") == 0)
		return each_directory(table, directory, path, add_project);
	return add_account(table, directory, path);
}

static int add_org(struct libscols_table *table, int directory, const char *path)
{
	return each_directory(table, directory, path, add_in_org);
}

static int add_mount(void *context, const char *path)
{
	CLEANUP_CLOSE int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP_CLOSE int orgs = root < 0 ? -1 : open_below(root, "orgs");

	return orgs < 0 ? 0 : each_directory(context, orgs, "", add_org);
}

/* Several values in one cell: lines of a table, an array in JSON. */
static int make_list(struct libscols_column *column)
{
	if (scols_column_set_wrapfunc(column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk,
				      NULL) < 0 ||
	    scols_column_set_safechars(column, "\n") < 0)
		return -ENOMEM;
	return scols_column_set_json_type(column, SCOLS_JSON_ARRAY_STRING);
}

static int add_columns(struct libscols_table *table)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		const bool several = i == COLUMN_USED_BY;
		struct libscols_column *column =
			scols_table_new_column(table, headings[i], 0, several ? SCOLS_FL_WRAP : 0);

		if (!column || (several && make_list(column) < 0))
			return -ENOMEM;
	}
	return 0;
}

static struct libscols_table *new_table(bool json)
{
	struct libscols_table *table = scols_new_table();

	if (!table)
		return NULL;
	scols_table_set_name(table, "accounts");
	scols_table_enable_json(table, json);
	if (add_columns(table) < 0) {
		scols_unref_table(table);
		return NULL;
	}
	return table;
}

enum exit_code cmd_list(const char *configuration, int count, char **arguments)
{
	struct libscols_table *table;
	struct options options = {0};
	enum exit_code code;
	int r;

	argp_parse(&argp, count, arguments, 0, NULL, &options);
	code = command_named_settings(configuration);
	if (code != EXIT_DONE)
		return code;
	table = new_table(options.json);
	if (!table)
		return command_fail(EXIT_OTHER, "out of memory");
	r = options.directory ? add_mount(table, options.directory)
			      : mountpoint_each(add_mount, table);
	if (r == 0)
		r = scols_print_table(table);
	scols_unref_table(table);
	return r < 0 ? command_fail(EXIT_OTHER, "cannot list: %s", strerror(-r)) : EXIT_DONE;
}
