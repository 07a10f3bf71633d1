#include "store/room.h"

#include <criterion/criterion.h>
#include <sys/mount.h>
#include <unistd.h>

Test(room, is_there_beside_a_file_on_a_disk_with_space)
{
	cr_expect_eq(room_check("/var/tmp/no-such-file"), 0);
}

Test(room, cannot_be_told_where_there_is_no_directory)
{
	cr_expect_eq(room_check("/no-such-directory/file"), 0);
}

static const struct {
	const char *options;
	unsigned long flags;
	int expected;
} places[] = {
	{"size=64k", 0, -ENOSPC},
	{"size=1m", 0, 0},
	{"size=1m", MS_RDONLY, -EROFS},
};

Test(room, is_not_there_on_a_small_or_a_read_only_file_system)
{
	if (geteuid() != 0)
		cr_skip_test("only root can mount");
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		char directory[] = "/var/tmp/credfs-room-XXXXXX";
		char path[64];

		cr_assert_not_null(mkdtemp(directory));
		cr_assert_eq(mount("none", directory, "tmpfs", places[i].flags, places[i].options),
			     0);
		snprintf(path, sizeof path, "%s/store.db", directory);
		cr_expect_eq(room_check(path), places[i].expected, "%zu", i);
		cr_assert_eq(umount(directory), 0);
		cr_assert_eq(rmdir(directory), 0);
	}
}
