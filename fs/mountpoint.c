#include "fs/mountpoint.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <mntent.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static const char type[] = "fuse.credfs";

/* A stale mount cannot be looked at, its parent can. */
static int resolve_stale(const char *path, char **ret)
{
	CLEANUP_FREE char *for_directory = strdup(path);
	CLEANUP_FREE char *for_name = strdup(path);
	CLEANUP_FREE char *parent = NULL;

	if (!for_directory || !for_name)
		return -ENOMEM;
	parent = realpath(dirname(for_directory), NULL);
	if (!parent)
		return -errno;
	if (asprintf(ret, "%s/%s", strcmp(parent, "/") ? parent : "", basename(for_name)) < 0)
		return -ENOMEM;
	return 0;
}

int mountpoint_resolve(const char *path, char **ret)
{
	CLEANUP_FREE char *real = realpath(path, NULL);
	struct stat st;

	if (!real || stat(real, &st) < 0)
		return errno == ENOTCONN ? resolve_stale(path, ret) : -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	*ret = TAKE_PTR(real);
	return 0;
}

int mountpoint_each(int (*each)(void *context, const char *path), void *context)
{
	FILE *table = setmntent("/proc/self/mounts", "re");
	struct mntent entry;
	char buffer[2 * PATH_MAX];
	int r = 0;

	if (!table)
		return -errno;
	while (r == 0 && getmntent_r(table, &entry, buffer, sizeof buffer)) {
		if (strcmp(entry.mnt_type, type) == 0)
			r = each(context, entry.mnt_dir);
	}
	endmntent(table);
	return r;
}

static int is_same(void *context, const char *path)
{
	return strcmp(context, path) == 0;
}

int mountpoint_state(const char *path, enum mountpoint_state *ret)
{
	CLEANUP_FREE char *copy = strdup(path);
	struct statvfs st;
	int r;

	if (!copy)
		return -ENOMEM;
	r = mountpoint_each(is_same, copy);
	if (r < 0)
		return r;
	*ret = r == 0 ? MOUNTPOINT_FREE : MOUNTPOINT_MOUNTED;
	/* Attributes may still be cached, this is always asked. */
	if (r > 0 && statvfs(path, &st) < 0 && errno == ENOTCONN)
		*ret = MOUNTPOINT_STALE;
	return 0;
}

struct option {
	const char *name;
	unsigned long set;
	unsigned long clear;
};

/* What mount(8) and fstab pass; those that are for mount(8) itself change nothing. */
static const struct option table[] = {
	{"ro", MS_RDONLY, 0},
	{"rw", 0, MS_RDONLY},
	{"noatime", MS_NOATIME, 0},
	{"relatime", MS_RELATIME, 0},
	{"nosuid", 0, 0},
	{"nodev", 0, 0},
	{"noexec", 0, 0},
	{"defaults", 0, 0},
	{"auto", 0, 0},
	{"noauto", 0, 0},
	{"nofail", 0, 0},
	{"_netdev", 0, 0},
};

static const struct option *find_option(const char *name)
{
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

int mountpoint_flags(char *options, unsigned long *ret, const char **ret_unknown)
{
	unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	char *name;

	while ((name = strsep(&options, ","))) {
		const struct option *option = find_option(name);

		if (!*name || strncmp(name, "x-", 2) == 0)
			continue;
		if (!option) {
			*ret_unknown = name;
			return -EINVAL;
		}
		flags = (flags | option->set) & ~option->clear;
	}
	*ret = flags;
	return 0;
}

int mountpoint_attach(const char *path, unsigned long flags, int *ret)
{
	CLEANUP_CLOSE int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[128];

	if (device < 0)
		return -errno;
	snprintf(options, sizeof options,
		 "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions",
		 device);
	if (mount("credfs", path, type, flags, options) < 0)
		return -errno;
	*ret = TAKE_FD(device);
	return 0;
}

int mountpoint_detach(const char *path)
{
	return umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 ? -errno : 0;
}
