#include "store/audit_archive.h"

#include "tests/auditing.h"

struct directories {
	int from, to;
};

static struct directories open_both(const struct auditing *auditing, const char *to)
{
	struct directories directories;
	char path[256];

	auditing_path(auditing, 0, path);
	*strrchr(path, '/') = '\0';
	directories.from = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	directories.to = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(directories.from, 0);
	cr_assert_geq(directories.to, 0);
	return directories;
}

/* On the same file system, and on another one. */
static const char *const places[] = {"/var/tmp/credfs-archive-XXXXXX",
				     "/dev/shm/credfs-archive-XXXXXX"};

Test(audit_archive, moves_all_but_the_newest_and_makes_room)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		AUDITING auditing = auditing_new(512 * 1024);
		struct directories directories;
		char directory[64];
		unsigned count = 0, before;
		size_t moved = 0;

		snprintf(directory, sizeof(directory), "%s", places[i]);
		cr_assert_not_null(mkdtemp(directory));
		while (auditing_append(&auditing, count) == 0)
			count++;
		before = auditing_segments(&auditing);
		cr_assert_gt(before, 3);
		directories = open_both(&auditing, directory);
		cr_assert_eq(audit_archive(directories.from, directories.to, &moved), 0);
		cr_expect_eq(moved, before - 1);
		cr_expect_eq(auditing_segments(&auditing), 1);
		cr_expect_eq(auditing_append(&auditing, count), 0, "there is room again");
		cr_assert_eq(audit_archive(directories.from, directories.to, &moved), 0);
		cr_expect_leq(moved, 1);
		close(directories.from);
		close(directories.to);
		cr_expect_eq(nftw(directory, place_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
	}
}

Test(audit_archive, replaces_nothing)
{
	AUDITING auditing = auditing_new(1 << 20);
	struct directories directories;
	char directory[] = "/var/tmp/credfs-archive-XXXXXX", path[256], taken[96];
	size_t moved = 7;

	auditing_fill(&auditing, 0, 800);
	cr_assert_not_null(mkdtemp(directory));
	directories = open_both(&auditing, directory);
	auditing_path(&auditing, 1, path);
	snprintf(taken, sizeof(taken), "%s%.30s", directory, strrchr(path, '/'));
	file_write(taken, "x", 1);
	cr_assert_eq(audit_archive(directories.from, directories.to, &moved), -EEXIST);
	cr_expect_eq(moved, 1, "the one before it");
	{
		BYTES file = file_read(taken, "");

		cr_expect_eq(file.size, 1);
	}
	close(directories.from);
	close(directories.to);
	nftw(directory, place_remove, 8, FTW_DEPTH | FTW_PHYS);
}
