#include "fs/inventory.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/command.h"
#include "fs/location.h"
#include "fs/mountpoint.h"

void inventory_done(struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++)
		inventory_row_done(&inventory->rows[i]);
	for (size_t i = 0; i < inventory->link_count; i++) {
		free(inventory->links[i].mount);
		free(inventory->links[i].path);
		free(inventory->links[i].target);
	}
	free(inventory->rows);
	free(inventory->links);
	*inventory = (struct inventory){0};
}

/* Where the walk is. */
struct place {
	struct inventory *inventory;
	const char *mount;
	const char *path; /* below orgs */
	int directory;
};

static char *path_of(const struct place *place, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s%s%s", place->path, *place->path && *name ? "/" : "", name) < 0)
		return NULL;
	return path;
}

/* Count it; but not what is nobody's business or just gone. */
static void fail(const struct place *place, const char *name, int error)
{
	CLEANUP_FREE char *path = NULL;

	if (error == EACCES || error == ENOENT)
		return;
	path = path_of(place, name);
	place->inventory->failed++;
	place->inventory->tell(place->inventory->context, place->mount, path ? path : name, error);
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

static int new_row(struct inventory *inventory, enum inventory_kind kind,
		   struct inventory_row **ret)
{
	struct inventory_row *rows =
		reallocarray(inventory->rows, inventory->count + 1, sizeof *rows);

	if (!rows)
		return -ENOMEM;
	inventory->rows = rows;
	*ret = &rows[inventory->count++];
	**ret = (struct inventory_row){.kind = kind};
	inventory->counts[kind]++;
	return 0;
}

/* Of what has an .info. */
static int add_row(const struct place *place, enum inventory_kind kind)
{
	CLEANUP_FREE char *info = read_text(place, ".info");
	CLEANUP_FREE char *status = info ? read_text(place, ".status") : NULL;
	struct inventory_row *row = NULL;
	int r = info ? new_row(place->inventory, kind, &row) : 0;

	if (r < 0 || !info)
		return r;
	row->columns[COLUMN_MOUNT] = strdup(place->mount);
	row->columns[COLUMN_ACCOUNT] = strdup(place->path);
	r = inventory_row_take(row, info, status);
	if (r < 0)
		return r;
	return row->columns[COLUMN_MOUNT] && row->columns[COLUMN_ACCOUNT] ? 0 : -ENOMEM;
}

static int add_account(const struct place *place)
{
	return add_row(place, INVENTORY_ACCOUNT);
}

static int add_link(const struct place *place, const char *name)
{
	struct inventory *inventory = place->inventory;
	struct inventory_link *links =
		reallocarray(inventory->links, inventory->link_count + 1, sizeof *links);
	struct inventory_link *link;
	char target[PATH_MAX];
	struct stat st;
	ssize_t length;

	if (!links)
		return -ENOMEM;
	inventory->links = links;
	length = readlinkat(place->directory, name, target, sizeof target - 1);
	if (length < 0)
		return 0; /* it was no link, or is gone */
	target[length] = '\0';
	link = &links[inventory->link_count];
	*link = (struct inventory_link){.mount = strdup(place->mount),
					.path = path_of(place, name),
					.target = strdup(target)};
	inventory->link_count++;
	link->broken = fstatat(place->directory, name, &st, 0) < 0 && errno == ENOENT;
	return link->mount && link->path && link->target ? 0 : -ENOMEM;
}

typedef int each_fn(const struct place *place);

/* Never through a link: what is inherited is listed where it is. */
static int visit(const struct place *place, const char *name, each_fn *each)
{
	CLEANUP_CLOSE int directory =
		openat(place->directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	CLEANUP_FREE char *path = NULL;

	if (directory < 0 && errno == ENOTDIR)
		return add_link(place, name);
	if (directory < 0) {
		fail(place, name, errno);
		return 0;
	}
	path = path_of(place, name);
	if (!path)
		return -ENOMEM;
	return each(&(struct place){place->inventory, place->mount, path, directory});
}

static int tell_progress(struct inventory *inventory)
{
	return !inventory->progress ||
			       progress_tell(inventory->progress, inventory->done, inventory->total)
		       ? 0
		       : -ECANCELED;
}

/* Call `each` for every directory in this one, in order of name. */
static int each_directory(const struct place *place, each_fn *each)
{
	struct dirent **entries = NULL;
	const int count = scandirat(place->directory, ".", &entries, NULL, alphasort);
	int r = 0;

	if (count < 0)
		fail(place, "", errno);
	place->inventory->total += count < 0 ? 0 : (size_t)count;
	for (int i = 0; i < count; i++) {
		CLEANUP_FREE struct dirent *entry = entries[i];

		place->inventory->done++;
		if (r == 0)
			r = tell_progress(place->inventory);
		if (r == 0 && entry->d_name[0] != '.')
			r = visit(place, entry->d_name, each);
	}
	free(entries);
	return r;
}

static int add_in_group(const struct place *place)
{
	return each_directory(place, add_account);
}

static int add_group(const struct place *place)
{
	return each_directory(place, add_in_group);
}

/* The names of the links from `first` on that lead somewhere. */
static char *names_of_links(const struct inventory *inventory, size_t first)
{
	char *names = strdup("");

	for (size_t i = first; i < inventory->link_count && names; i++) {
		const struct inventory_link *link = &inventory->links[i];
		CLEANUP_FREE char *before = names;

		if (link->broken) {
			before = NULL;
		} else if (asprintf(&names, "%s%s%s", before, *before ? "\n" : "",
				    strrchr(link->path, '/') + 1) < 0) {
			names = NULL;
		}
	}
	return names;
}

/* A user's own that he has associated is there for him alone. */
static int add_connection(const struct place *place)
{
	struct inventory *inventory = place->inventory;
	const size_t row = inventory->count;
	const size_t link = inventory->link_count;
	int r = add_row(place, INVENTORY_CONNECTION);

	if (r == 0)
		r = each_directory(place, add_account);
	if (r < 0 || row == inventory->count)
		return r;
	inventory->rows[row].columns[COLUMN_LOGINS] = names_of_links(inventory, link);
	return inventory->rows[row].columns[COLUMN_LOGINS] ? 0 : -ENOMEM;
}

static int add_connections(const struct place *place)
{
	return each_directory(place, add_connection);
}

static int add_nothing(const struct place *place)
{
	(void)place;
	return 0;
}

/* What an organisation holds beside accounts. */
static const struct {
	const char *name;
	each_fn *each;
} fixed[] = {
	{"/roles", add_nothing},
	{"/projects", add_group},
	{"/connections", add_connections},
	{"/users", add_group},
};

static int add_in_org(const struct place *place)
{
	const char *name = strrchr(place->path, '/');

	for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
		if (name && strcmp(name, fixed[i].name) == 0)
			return fixed[i].each(place);
	}
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

/* One that was asked for by name is missed when it cannot be read. */
static int add_named(const struct place *place, const char *org)
{
	struct stat st;

	if (fstatat(place->directory, org, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    faccessat(place->directory, org, R_OK | X_OK, AT_EACCESS) < 0) {
		place->inventory->failed++;
		command_fail(EXIT_OTHER, "%s/orgs/%s: %s", place->mount, org, strerror(errno));
		return 0;
	}
	return visit(place, org, add_org);
}

int inventory_add(struct inventory *inventory, const char *path, const char *org)
{
	CLEANUP_CLOSE int root = -1;
	CLEANUP_CLOSE int orgs = -1;
	struct place place = {inventory, path, "", -1};

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
	place.directory = orgs;
	return org ? add_named(&place, org) : each_directory(&place, add_org);
}

static int add_mount(void *context, const char *path)
{
	return inventory_add(context, path, NULL);
}

/* -EINVAL for what is neither a mount nor an organisation. */
static int add_location(struct inventory *inventory, const struct location *location)
{
	const char *rest = location_in_org(location->path);

	if (!*location->path || strcmp(location->path, "orgs") == 0)
		return inventory_add(inventory, location->mount, NULL);
	if (!rest || *rest)
		return -EINVAL;
	return inventory_add(inventory, location->mount, location->path + strlen("orgs/"));
}

enum exit_code inventory_read(struct inventory *inventory, const char *where)
{
	CLEANUP_LOCATION struct location location = {0};
	int r = where ? location_find(where, &location) : 0;

	if (r < 0)
		return location_fail(where, r);
	r = where ? add_location(inventory, &location) : mountpoint_each(add_mount, inventory);
	if (r == -EINVAL)
		return command_fail(EXIT_USAGE,
				    "%s: name an organisation or where credfs is mounted", where);
	if (r == -ECANCELED)
		return command_fail(EXIT_OTHER, "interrupted");
	if (r < 0)
		return command_fail(EXIT_OTHER, "cannot read what is mounted: %s", strerror(-r));
	return EXIT_DONE;
}
