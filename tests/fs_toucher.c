#include "fs/toucher.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const struct owner owner = {65523, 65523};

/* A directory in place of a mount: the toucher is any process to it. */
struct place {
	char directory[64];
	char file[80];
	char link[80];
	int teller;
};

static void begin(struct place *place)
{
	int fd;

	if (geteuid() != 0)
		cr_skip_test("only root can become another user");
	*place = (struct place){.directory = "/var/tmp/credfs-touch-XXXXXX"};
	cr_assert_not_null(mkdtemp(place->directory));
	cr_assert_eq(chmod(place->directory, 0755), 0);
	snprintf(place->file, sizeof place->file, "%s/file", place->directory);
	snprintf(place->link, sizeof place->link, "%s/link", place->directory);
	fd = open(place->file, O_WRONLY | O_CREAT, 0600);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, "value", 5), 5);
	cr_assert_eq(fchown(fd, owner.uid, owner.gid), 0);
	close(fd);
	cr_assert_eq(symlink("file", place->link), 0);
	cr_assert_eq(toucher_start(place->directory, &owner, &place->teller), 0);
}

static void end(struct place *place)
{
	unlink(place->link);
	unlink(place->file);
	cr_expect_eq(rmdir(place->directory), 0);
}

static void order(const struct place *place, const char *path, uint64_t inode)
{
	struct toucher_order order = {.inode = inode};

	snprintf(order.path, sizeof order.path, "%s", path);
	cr_assert_gt(send(place->teller, &order, 8 + strlen(path) + 1, 0), 0);
}

/* The end of the toucher is the end of all that it was told. */
static char first_byte(struct place *place)
{
	char byte = 0;
	int status = -1;
	int fd;

	cleanup_close(&place->teller);
	cr_assert_gt(wait(&status), 0);
	cr_expect_eq(status, 0);
	fd = open(place->file, O_RDONLY);
	cr_assert_eq(read(fd, &byte, 1), 1);
	close(fd);
	return byte;
}

Test(toucher, writes_one_byte_to_the_file_that_was_meant)
{
	struct place place;
	struct stat st;

	begin(&place);
	cr_assert_eq(stat(place.file, &st), 0);
	order(&place, "file", st.st_ino);
	cr_expect_eq(first_byte(&place), '\0');
	cr_assert_eq(stat(place.file, &st), 0);
	cr_expect_eq(st.st_size, 5);
	end(&place);
}

Test(toucher, leaves_every_other_file_alone)
{
	struct place place;
	struct stat st;

	begin(&place);
	cr_assert_eq(stat(place.file, &st), 0);
	order(&place, "file", st.st_ino + 1);
	order(&place, "link", st.st_ino);
	order(&place, "../file", st.st_ino);
	order(&place, place.file, st.st_ino);
	order(&place, "none", st.st_ino);
	order(&place, "", st.st_ino);
	cr_expect_eq(first_byte(&place), 'v');
	end(&place);
}

/* The only child of this process. */
static int child(void)
{
	char path[64];
	FILE *children;
	int pid = 0;

	snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
	children = fopen(path, "r");
	cr_assert_not_null(children);
	cr_assert_eq(fscanf(children, "%d", &pid), 1);
	fclose(children);
	return pid;
}

static void expect_line(int pid, const char *expected)
{
	char path[64], line[256];
	bool found = false;
	FILE *status;

	snprintf(path, sizeof path, "/proc/%d/status", pid);
	status = fopen(path, "r");
	cr_assert_not_null(status);
	while (fgets(line, sizeof line, status))
		found |= strcmp(line, expected) == 0;
	fclose(status);
	cr_expect(found, "no line %s", expected);
}

Test(toucher, is_the_owner_and_has_one_descriptor)
{
	unsigned descriptors = 0;
	struct place place;
	struct stat st;
	int pid;

	begin(&place);
	cr_assert_eq(stat(place.file, &st), 0);
	order(&place, "file", st.st_ino);
	/* Once it has done that it is what it wanted to become. */
	for (char byte = 'v'; byte == 'v';) {
		int fd = open(place.file, O_RDONLY);

		cr_assert_eq(read(fd, &byte, 1), 1);
		close(fd);
	}
	pid = child();
	expect_line(pid, "Uid:\t65523\t65523\t65523\t65523\n");
	expect_line(pid, "Gid:\t65523\t65523\t65523\t65523\n");
	expect_line(pid, "Groups:\t \n");
	expect_line(pid, "CapEff:\t0000000000000000\n");
	for (int fd = 3; fd < 64; fd++) {
		char path[64];

		snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
		descriptors += lstat(path, &st) == 0;
	}
	/* The one it is told by; the files that it touches are closed again. */
	cr_expect_leq(descriptors, 3);
	(void)first_byte(&place);
	end(&place);
}
