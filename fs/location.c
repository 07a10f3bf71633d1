#include "fs/location.h"

#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/command.h"
#include "fs/mountpoint.h"

void location_done(struct location *location)
{
	free(location->mount);
	free(location->path);
	*location = (struct location){0};
}

const char *location_below(const char *directory, const char *path)
{
	size_t length = strlen(directory);

	if (length == 1) /* the root */
		length = 0;
	if (strncmp(path, directory, length) != 0 || (path[length] && path[length] != '/'))
		return NULL;
	path += length;
	return path + strspn(path, "/");
}

/* The mount that a path lies in; the longest, where one is mounted in another. */
struct search {
	const char *path;
	char *mount;
};

static int search_mount(void *context, const char *mount)
{
	struct search *search = context;
	char *copy;

	if (!location_below(mount, search->path) ||
	    (search->mount && strlen(mount) < strlen(search->mount)))
		return 0;
	copy = strdup(mount);
	if (!copy)
		return -ENOMEM;
	free(search->mount);
	search->mount = copy;
	return 0;
}

static int mount_of(const char *path, char **ret)
{
	struct search search = {.path = path};
	int r = mountpoint_each(search_mount, &search);

	if (r < 0)
		free(search.mount);
	else
		*ret = search.mount;
	return r < 0 ? r : 0;
}

static int absolute(const char *argument, char **ret)
{
	CLEANUP_FREE char *here = *argument == '/' ? strdup("") : getcwd(NULL, 0);

	if (!here)
		return -errno;
	if (asprintf(ret, "%s%s%s", here, *here ? "/" : "", argument) < 0)
		return -ENOMEM;
	return 0;
}

/* Without links and dots on the way; the end stays as it is. */
static int resolve(const char *path, char **ret)
{
	CLEANUP_FREE char *for_directory = strdup(path);
	CLEANUP_FREE char *for_name = strdup(path);
	CLEANUP_FREE char *parent = NULL;
	const char *name;

	if (!for_directory || !for_name)
		return -ENOMEM;
	name = basename(for_name);
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "/") == 0) {
		*ret = realpath(path, NULL);
		return *ret ? 0 : -errno;
	}
	parent = realpath(dirname(for_directory), NULL);
	if (!parent)
		return -errno;
	return asprintf(ret, "%s/%s", strcmp(parent, "/") ? parent : "", name) < 0 ? -ENOMEM : 0;
}

/* A daemon that hangs is not to be walked into. */
static int ask(const char *path)
{
	CLEANUP_FREE char *mount = NULL;
	int r = mount_of(path, &mount);

	if (r == 0 && mount)
		r = mountpoint_answers(mount);
	return r;
}

/* 0 with nothing in `ret`: there is such a path, but in no mount. */
static int find_path(const char *argument, struct location *ret)
{
	CLEANUP_FREE char *path = NULL;
	CLEANUP_FREE char *resolved = NULL;
	CLEANUP_FREE char *mount = NULL;
	struct stat st;
	int r = absolute(argument, &path);

	if (r == 0)
		r = ask(path);
	if (r == 0)
		r = resolve(path, &resolved);
	if (r == 0 && lstat(resolved, &st) < 0)
		r = -errno;
	if (r == 0)
		r = mount_of(resolved, &mount);
	if (r < 0 || !mount)
		return r;
	ret->path = strdup(location_below(mount, resolved));
	if (!ret->path)
		return -ENOMEM;
	ret->mount = TAKE_PTR(mount);
	return 0;
}

/* A name below every mount. */
struct lookup {
	const char *name;
	struct location *found;
	size_t mounts;
	int silent; /* -errno of a daemon that does not answer */
};

static int try_path(struct lookup *lookup, const char *mount, const char *path)
{
	CLEANUP_FREE char *full = location_full(mount, path);
	struct stat st;

	if (!full)
		return -ENOMEM;
	if (lstat(full, &st) < 0 && errno != EACCES)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (lookup->found->mount)
		return -ENOTUNIQ;
	lookup->found->mount = strdup(mount);
	lookup->found->path = strdup(path);
	return lookup->found->mount && lookup->found->path ? 0 : -ENOMEM;
}

/* What begins at the mount is no organisation: their names are looked for below orgs. */
static bool is_whole(const char *name)
{
	static const char *const roots[] = {"orgs", "use"};

	for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
		const size_t length = strlen(roots[i]);

		if (strncmp(name, roots[i], length) == 0 && (!name[length] || name[length] == '/'))
			return true;
	}
	return false;
}

static int try_mount(void *context, const char *mount)
{
	struct lookup *lookup = context;
	CLEANUP_FREE char *path = NULL;
	const bool whole = is_whole(lookup->name);
	const int answer = mountpoint_answers(mount);
	size_t length;

	lookup->mounts++;
	if (answer < 0) {
		lookup->silent = answer;
		return 0;
	}
	if (asprintf(&path, "%s%s", whole ? "" : "orgs/", lookup->name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	length = strlen(path);
	while (length && path[length - 1] == '/')
		path[--length] = '\0';
	return try_path(lookup, mount, path);
}

int location_find(const char *argument, struct location *ret)
{
	CLEANUP_LOCATION struct location found = {0};
	struct lookup lookup = {.name = argument, .found = &found};
	const int by_path = find_path(argument, &found);
	int r;

	if (by_path == 0 && found.mount) {
		*ret = found;
		found = (struct location){0};
		return 0;
	}
	if (*argument == '/')
		return by_path < 0 ? by_path : -ENODEV;
	if (by_path == -ETIMEDOUT || by_path == -ENOTCONN || by_path == -ENOMEM)
		return by_path;
	r = mountpoint_each(try_mount, &lookup);
	if (r < 0)
		return r;
	if (!found.mount)
		return !lookup.mounts ? -ENODEV : lookup.silent ? lookup.silent : -ENOENT;
	*ret = found;
	found = (struct location){0};
	return 0;
}

enum exit_code location_fail(const char *argument, int error)
{
	switch (-error) {
	case ENODEV:
		return command_fail(EXIT_OTHER,
				    "%s: no credfs is mounted there; `credfs status` shows where",
				    argument);
	case ENOTUNIQ:
		return command_fail(EXIT_OTHER, "%s: several mounts have it: name it by its path",
				    argument);
	case ETIMEDOUT:
		return command_fail(EXIT_OTHER, "%s: its daemon does not answer", argument);
	default:
		return command_fail(EXIT_OTHER, "%s: %s", argument, strerror(-error));
	}
}

char *location_full(const char *mount, const char *path)
{
	char *full = NULL;

	if (asprintf(&full, "%s%s%s", strcmp(mount, "/") ? mount : "", *path ? "/" : "", path) < 0)
		return NULL;
	return full;
}

const char *location_in_org(const char *path)
{
	if (strncmp(path, "orgs/", 5) != 0)
		return NULL;
	path += 5;
	path += strcspn(path, "/");
	return path + (*path == '/');
}
