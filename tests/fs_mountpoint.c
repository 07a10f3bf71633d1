#include "fs/mountpoint.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <sys/mount.h>

#include "tests/place.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { ALWAYS = MS_NOSUID | MS_NODEV | MS_NOEXEC };

static const struct {
	const char *options;
	unsigned long flags;
	const char *unknown; /* NULL: all are known */
} options[] = {
	{"", ALWAYS, NULL},
	{"defaults", ALWAYS, NULL},
	{"ro", ALWAYS | MS_RDONLY, NULL},
	{"rw", ALWAYS, NULL},
	{"ro,rw", ALWAYS, NULL},
	{"rw,ro", ALWAYS | MS_RDONLY, NULL},
	{"noatime", ALWAYS | MS_NOATIME, NULL},
	{"relatime,ro", ALWAYS | MS_RELATIME | MS_RDONLY, NULL},
	{"nosuid,nodev,noexec", ALWAYS, NULL},
	{"auto,noauto,nofail,_netdev", ALWAYS, NULL},
	{"x-systemd.automount,x-", ALWAYS, NULL},
	{",,ro,", ALWAYS | MS_RDONLY, NULL},
	{"rw,noexec,nosuid,nodev,user=root,noauto", ALWAYS, NULL},
	{"user,nouser,users,owner,group", ALWAYS, NULL},
	{"atime,strictatime,lazytime,sync,dirsync,silent", ALWAYS, NULL},
	{"comment=systemd.automount,comment", ALWAYS, NULL},
	{"X-mount.mkdir=0755,x-gvfs-hide", ALWAYS, NULL},
	{"suid", 0, "suid"},
	{"exec", 0, "exec"},
	{"dev", 0, "dev"},
	{"ro,allow_other,exec", 0, "allow_other"},
	{"remount,ro", 0, "remount"},
	{"RO", 0, "RO"},
	{" ro", 0, " ro"},
	{"ro=1", 0, "ro=1"},
	{"user_id=0", 0, "user_id=0"},
	{"use", 0, "use"},
};

Test(mountpoint, takes_the_options_of_mount_and_never_gives_up_its_own)
{
	for (size_t i = 0; i < COUNT(options); i++) {
		CLEANUP_FREE char *copy = strdup(options[i].options);
		struct mountpoint_refusal refusal = {0};
		unsigned long flags = 0;
		const int r = mountpoint_flags(copy, false, &flags, &refusal);

		cr_expect_eq(r, options[i].unknown ? -EINVAL : 0, "%s", options[i].options);
		cr_expect_eq(flags, options[i].flags, "%s: %#lx", options[i].options, flags);
		if (options[i].unknown)
			cr_expect_str_eq(refusal.option, options[i].unknown);
		else
			cr_expect_null(refusal.option);
		cr_expect_eq(!refusal.why, !options[i].unknown);
	}
}

static const struct {
	const char *options;
	const char *why; /* NULL: passed over */
} sloppy_options[] = {
	{"ro,allow_other,ro=1", NULL},
	{"remount", "cannot be changed"},
	{"fancy,suid", "always nosuid"},
};

Test(mountpoint, passes_over_unknown_options_when_asked_to_but_not_those_it_cannot_give)
{
	for (size_t i = 0; i < COUNT(sloppy_options); i++) {
		CLEANUP_FREE char *copy = strdup(sloppy_options[i].options);
		struct mountpoint_refusal refusal = {0};
		unsigned long flags = 0;
		const int r = mountpoint_flags(copy, true, &flags, &refusal);

		cr_expect_eq(r, sloppy_options[i].why ? -EINVAL : 0, "%s",
			     sloppy_options[i].options);
		if (sloppy_options[i].why)
			cr_expect(strstr(refusal.why, sloppy_options[i].why), "%s", refusal.why);
		else
			cr_expect_eq(flags, ALWAYS | MS_RDONLY);
	}
}

Test(mountpoint, may_have_no_options_at_all)
{
	struct mountpoint_refusal refusal = {0};
	unsigned long flags = 0;

	cr_expect_eq(mountpoint_flags(NULL, false, &flags, &refusal), 0);
	cr_expect_eq(flags, ALWAYS);
}

/* A directory, a file and links to both, in a directory of their own. */
static struct place furnished(void)
{
	struct place place = place_new();

	cr_assert_eq(chdir(place.directory), 0);
	cr_assert_eq(mkdir("directory", 0700), 0);
	file_write("file", "x", 1);
	cr_assert_eq(symlink("directory", "link"), 0);
	cr_assert_eq(symlink("file", "to-file"), 0);
	cr_assert_eq(symlink("nothing", "dangling"), 0);
	cr_assert_eq(symlink("loop", "loop"), 0);
	return place;
}

static const struct {
	const char *path;
	int expected;
	const char *name; /* below the place; NULL: refused */
} paths[] = {
	{"directory", 0, "/directory"},
	{"./directory/", 0, "/directory"},
	{"directory/../directory/.", 0, "/directory"},
	{"link", 0, "/directory"},
	{".", 0, ""},
	{"file", -ENOTDIR, NULL},
	{"file/", -ENOTDIR, NULL},
	{"to-file", -ENOTDIR, NULL},
	{"nothing", -ENOENT, NULL},
	{"dangling", -ENOENT, NULL},
	{"loop", -ELOOP, NULL},
	{"", -ENOENT, NULL},
};

Test(mountpoint, is_the_absolute_path_of_a_directory)
{
	PLACE place = furnished();

	for (size_t i = 0; i < COUNT(paths); i++) {
		CLEANUP_FREE char *path = NULL;
		char expected[128];

		cr_expect_eq(mountpoint_resolve(paths[i].path, &path), paths[i].expected, "%s",
			     paths[i].path);
		if (!paths[i].name) {
			cr_expect_null(path);
			continue;
		}
		snprintf(expected, sizeof expected, "%s%s", place.directory, paths[i].name);
		cr_expect_str_eq(path, expected, "%s", paths[i].path);
	}
}

Test(mountpoint, is_free_where_no_credfs_is_mounted)
{
	static const char *const free_paths[] = {"/", "/proc", "/no/such/directory"};

	for (size_t i = 0; i < COUNT(free_paths); i++) {
		enum mountpoint_state state = MOUNTPOINT_STALE;

		cr_assert_eq(mountpoint_state(free_paths[i], &state), 0);
		cr_expect_eq(state, MOUNTPOINT_FREE, "%s", free_paths[i]);
	}
}

/* Nothing of it is seen outside of this process. */
static void hide_mounts(void)
{
	if (geteuid() != 0 || access("/dev/fuse", R_OK | W_OK) != 0)
		cr_skip_test("needs root and /dev/fuse");
	cr_assert_eq(unshare(CLONE_NEWNS), 0);
	cr_assert_eq(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), 0);
}

static int is_wanted(void *context, const char *path)
{
	return strcmp(context, path) == 0 ? 7 : 0;
}

Test(mountpoint, is_stale_when_its_daemon_is_gone_and_free_again_when_detached)
{
	PLACE place = furnished();
	CLEANUP_FREE char *path = NULL;
	CLEANUP_FREE char *stale = NULL;
	enum mountpoint_state state = MOUNTPOINT_FREE;
	int device;

	hide_mounts();
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	cr_assert_eq(mountpoint_resolve("directory", &path), 0);
	cr_assert_eq(mountpoint_attach("credfs", path, ALWAYS, device), 0);
	cr_expect_eq(mountpoint_each(is_wanted, path), 7);
	close(device);
	cr_assert_eq(mountpoint_state(path, &state), 0);
	cr_expect_eq(state, MOUNTPOINT_STALE);
	cr_assert_eq(mountpoint_resolve("directory", &stale), 0);
	cr_expect_str_eq(stale, path);
	cr_assert_eq(mountpoint_detach(path), 0);
	cr_assert_eq(mountpoint_state(path, &state), 0);
	cr_expect_eq(state, MOUNTPOINT_FREE);
	cr_expect_eq(mountpoint_each(is_wanted, path), 0);
	cr_expect_eq(mountpoint_detach(path), -EINVAL, "nothing is mounted");
}

Test(mountpoint, cannot_be_where_there_is_nothing)
{
	CLEANUP_CLOSE int device = -1;

	hide_mounts();
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	cr_expect_eq(mountpoint_attach("credfs", "/no/such/directory", ALWAYS, device), -ENOENT);
	cr_expect_eq(mountpoint_detach("/no/such/directory"), -ENOENT);
}
