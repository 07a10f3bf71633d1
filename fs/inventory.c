#include "fs/inventory.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/command.h"
#include "fs/mountpoint.h"

void inventory_done(struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++) {
		for (size_t column = 0; column < INVENTORY_COLUMNS; column++)
			free(inventory->rows[i].columns[column]);
	}
	free(inventory->rows);
	*inventory = (struct inventory){0};
}

/* Where the walk is. */
struct place {
	struct inventory *inventory;
	const char *mount;
	const char *path; /* below orgs */
	int directory;
};

/* Count it, and say what could not be read; but not what is nobody's business or just gone. */
static void fail(const struct place *place, const char *name, int error)
{
	if (error == EACCES || error == ENOENT)
		return;
	place->inventory->failed++;
	command_fail(EXIT_OTHER, "%s/orgs/%s%s%s: %s", place->mount, place->path,
		     *place->path && *name ? "/" : "", name, strerror(error));
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

/* A small file as a string; NULL when it cannot be read. */
static char *read_text(const struct place *place, const char *name)
{
	CLEANUP_CLOSE int fd = openat(place->directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	CLEANUP_FREE char *text = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		fail(place, name, errno);
		return NULL;
	}
	text = calloc(1, (size_t)st.st_size + 1);
	if (!text || read(fd, text, (size_t)st.st_size) < 0) {
		fail(place, name, errno);
		return NULL;
	}
	return TAKE_PTR(text);
}

static int new_row(struct inventory *inventory, struct inventory_row **ret)
{
	struct inventory_row *rows =
		reallocarray(inventory->rows, inventory->count + 1, sizeof *rows);

	if (!rows)
		return -ENOMEM;
	inventory->rows = rows;
	*ret = &rows[inventory->count++];
	**ret = (struct inventory_row){{NULL}};
	return 0;
}

static char *state_of(const char *info)
{
	CLEANUP_FREE char *missing = values_of(info, "missing");
	char *state = NULL;

	if (asprintf(&state, missing ? "missing %s" : "complete", missing) < 0)
		return NULL;
	return state;
}

static int add_account(const struct place *place)
{
	CLEANUP_FREE char *info = read_text(place, ".info");
	CLEANUP_FREE char *status = info ? read_text(place, ".status") : NULL;
	struct inventory_row *row = NULL;
	int r = info ? new_row(place->inventory, &row) : 0;

	if (r < 0 || !info)
		return r;
	row->columns[COLUMN_MOUNT] = strdup(place->mount);
	row->columns[COLUMN_ACCOUNT] = strdup(place->path);
	row->columns[COLUMN_PROVIDER] = values_of(info, "provider");
	row->columns[COLUMN_CREATED] = values_of(info, "created");
	row->columns[COLUMN_UPDATED] = values_of(info, "updated");
	row->columns[COLUMN_STATE] = state_of(info);
	if (status)
		row->columns[COLUMN_USED_BY] = values_of(status, "used-by");
	if (status && !row->columns[COLUMN_USED_BY])
		row->columns[COLUMN_USED_BY] = strdup("");
	return row->columns[COLUMN_MOUNT] && row->columns[COLUMN_ACCOUNT] ? 0 : -ENOMEM;
}

typedef int each_fn(const struct place *place);

/* Never through a link: what is inherited is listed where it is. */
static int visit(const struct place *place, const char *name, each_fn *each)
{
	CLEANUP_CLOSE int directory =
		openat(place->directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	CLEANUP_FREE char *path = NULL;

	if (directory < 0) {
		if (errno != ENOTDIR)
			fail(place, name, errno);
		return 0;
	}
	if (asprintf(&path, "%s%s%s", place->path, *place->path ? "/" : "", name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return each(&(struct place){place->inventory, place->mount, path, directory});
}

/* Call `each` for every directory in this one, in order of name. */
static int each_directory(const struct place *place, each_fn *each)
{
	struct dirent **entries = NULL;
	const int count = scandirat(place->directory, ".", &entries, NULL, alphasort);
	int r = 0;

	if (count < 0)
		fail(place, "", errno);
	for (int i = 0; i < count; i++) {
		CLEANUP_FREE struct dirent *entry = entries[i];

		if (r == 0 && entry->d_name[0] != '.' && strcmp(entry->d_name, "roles") != 0)
			r = visit(place, entry->d_name, each);
	}
	free(entries);
	return r;
}

static int add_project(const struct place *place)
{
	return each_directory(place, add_account);
}

static int add_in_org(const struct place *place)
{
	const char *name = strrchr(place->path, '/');

	if (name && strcmp(name, "/projects") == 0)
		return each_directory(place, add_project);
	return add_account(place);
}

static int add_org(const struct place *place)
{
	return each_directory(place, add_in_org);
}

static int fail_mount(struct inventory *inventory, const char *path, const char *why)
{
	inventory->failed++;
	command_fail(EXIT_OTHER, "%s: %s", path, why);
	return 0;
}

int inventory_add(struct inventory *inventory, const char *path)
{
	CLEANUP_CLOSE int root = -1;
	CLEANUP_CLOSE int orgs = -1;

	if (mountpoint_answers(path) == -ETIMEDOUT)
		return fail_mount(inventory, path, "its daemon does not answer");
	root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root >= 0)
		orgs = openat(root, "orgs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root >= 0 && orgs < 0 && errno == ENOENT)
		return fail_mount(inventory, path, "no credfs is mounted there");
	if (orgs < 0)
		return fail_mount(inventory, path, strerror(errno));
	inventory->mounts++;
	return each_directory(&(struct place){inventory, path, "", orgs}, add_org);
}
