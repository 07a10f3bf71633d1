#include "fs/mountpoint.h"

#include <libgen.h>
#include <limits.h>
#include <mntent.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

static const char type[] = "fuse.credfs";

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

enum { ANSWER_MS = 5000 };

/* Ends with the errno. Whoever waits for the caller's output is not to wait for this. */
static _Noreturn void ask(const char *path)
{
	struct statvfs st;

	(void)close_range(0, ~0u, 0);
	_exit(statvfs(path, &st) < 0 ? errno : 0);
}

/* What a daemon that hangs has been asked cannot be taken back, not even by SIGKILL: so a process
 * of its own asks, which may be left behind. */
int mountpoint_answers(const char *path)
{
	const pid_t child = fork();
	CLEANUP_CLOSE int fd = -1;
	siginfo_t end = {0};
	struct pollfd ended;

	if (child < 0)
		return -errno;
	if (child == 0)
		ask(path);
	fd = pidfd_open(child, 0);
	ended = (struct pollfd){.fd = fd, .events = POLLIN};
	if (fd >= 0 && poll(&ended, 1, ANSWER_MS) == 0) {
		(void)kill(child, SIGKILL);
		return -ETIMEDOUT;
	}
	if (waitid(P_PID, (id_t)child, &end, WEXITED) < 0)
		return -errno;
	return end.si_code == CLD_EXITED ? -end.si_status : -EIO;
}

/* A mount whose daemon is gone, or hangs, cannot be looked at; its parent can. */
static int resolve_by_parent(const char *path, char **ret)
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

static bool is_silent(const char *path)
{
	CLEANUP_FREE char *resolved = NULL;

	return resolve_by_parent(path, &resolved) == 0 && mountpoint_each(is_same, resolved) > 0 &&
	       mountpoint_answers(resolved) < 0;
}

int mountpoint_resolve(const char *path, char **ret)
{
	CLEANUP_FREE char *real = NULL;
	struct stat st;

	if (is_silent(path))
		return resolve_by_parent(path, ret);
	real = realpath(path, NULL);
	if (!real || stat(real, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	*ret = TAKE_PTR(real);
	return 0;
}

int mountpoint_state(const char *path, enum mountpoint_state *ret)
{
	CLEANUP_FREE char *copy = strdup(path);
	int r;

	if (!copy)
		return -ENOMEM;
	r = mountpoint_each(is_same, copy);
	if (r < 0)
		return r;
	*ret = r == 0 ? MOUNTPOINT_FREE : MOUNTPOINT_MOUNTED;
	/* Attributes may still be cached, this is always asked. */
	if (r > 0 && mountpoint_answers(path) == -ENOTCONN)
		*ret = MOUNTPOINT_STALE;
	return 0;
}

struct option {
	const char *name;
	unsigned long set;
	unsigned long clear;
	bool argument;	     /* may be given as NAME=VALUE */
	const char *refusal; /* why it cannot be had */
};

static const char always_no[] = "this mount is always nosuid, nodev and noexec";

/* What mount(8) and fstab pass; those that are for mount(8) itself change nothing, nor do those
 * that ask for what a credfs is anyway. */
static const struct option table[] = {
	{"ro", MS_RDONLY, 0, false, NULL},
	{"rw", 0, MS_RDONLY, false, NULL},
	{"noatime", MS_NOATIME, 0, false, NULL},
	{"relatime", MS_RELATIME, 0, false, NULL},
	{"atime", 0, 0, false, NULL},
	{"diratime", 0, 0, false, NULL},
	{"nodiratime", 0, 0, false, NULL},
	{"norelatime", 0, 0, false, NULL},
	{"strictatime", 0, 0, false, NULL},
	{"nostrictatime", 0, 0, false, NULL},
	{"lazytime", 0, 0, false, NULL},
	{"nolazytime", 0, 0, false, NULL},
	{"sync", 0, 0, false, NULL},
	{"async", 0, 0, false, NULL},
	{"dirsync", 0, 0, false, NULL},
	{"silent", 0, 0, false, NULL},
	{"loud", 0, 0, false, NULL},
	{"nosuid", 0, 0, false, NULL},
	{"nodev", 0, 0, false, NULL},
	{"noexec", 0, 0, false, NULL},
	{"defaults", 0, 0, false, NULL},
	{"auto", 0, 0, false, NULL},
	{"noauto", 0, 0, false, NULL},
	{"user", 0, 0, true, NULL},
	{"nouser", 0, 0, false, NULL},
	{"users", 0, 0, false, NULL},
	{"nousers", 0, 0, false, NULL},
	{"owner", 0, 0, false, NULL},
	{"group", 0, 0, false, NULL},
	{"nofail", 0, 0, false, NULL},
	{"_netdev", 0, 0, false, NULL},
	{"comment", 0, 0, true, NULL},
	{"suid", 0, 0, false, always_no},
	{"dev", 0, 0, false, always_no},
	{"exec", 0, 0, false, always_no},
	{"remount", 0, 0, false,
	 "a mount cannot be changed: unmount it, and mount it with the new options"},
};

static const struct option *find_option(const char *name)
{
	const size_t length = strcspn(name, "=");

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (strlen(table[i].name) == length && memcmp(table[i].name, name, length) == 0 &&
		    (table[i].argument || !name[length]))
			return &table[i];
	}
	return NULL;
}

/* Nothing, or for programs other than us. */
static bool is_passed_over(const char *name)
{
	return !*name || strncmp(name, "x-", 2) == 0 || strncmp(name, "X-", 2) == 0;
}

int mountpoint_flags(char *options, bool sloppy, unsigned long *ret,
		     struct mountpoint_refusal *ret_refusal)
{
	unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	char *name;

	while ((name = strsep(&options, ","))) {
		const struct option *option = find_option(name);

		if (is_passed_over(name) || (!option && sloppy))
			continue;
		if (!option || option->refusal) {
			*ret_refusal = (struct mountpoint_refusal){
				name, option ? option->refusal : "there is no such option"};
			return -EINVAL;
		}
		flags = (flags | option->set) & ~option->clear;
	}
	*ret = flags;
	return 0;
}

int mountpoint_attach(const char *source, const char *path, unsigned long flags, int device)
{
	char options[128];

	snprintf(options, sizeof options,
		 "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions",
		 device);
	return mount(source, path, type, flags, options) < 0 ? -errno : 0;
}

int mountpoint_detach(const char *path)
{
	return umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 ? -errno : 0;
}
