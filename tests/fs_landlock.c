#include "fs/landlock.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "tests/child.h"

/* Two directories, one of which is allowed. */
struct ground {
	char kept[64], closed[64];
};

static struct ground ground_new(void)
{
	struct ground ground = {"/var/tmp/credfs-kept-XXXXXX", "/var/tmp/credfs-closed-XXXXXX"};

	cr_assert_not_null(mkdtemp(ground.kept));
	cr_assert_not_null(mkdtemp(ground.closed));
	return ground;
}

static void ground_done(const struct ground *ground)
{
	cr_expect_eq(rmdir(ground->kept), 0);
	cr_expect_eq(rmdir(ground->closed), 0);
}

static const char *in(const char *directory, const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", directory, name);
	return path;
}

static int make_file(const char *path)
{
	const int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return unlink(path) < 0 ? errno : 0;
}

static bool restrict_to(const char *kept, int *ret_version)
{
	const struct landlock_place places[] = {
		{kept, LANDLOCK_KEEP},
		{"/etc", LANDLOCK_READ},
		{"/dev/null", LANDLOCK_WRITE},
		{"/no/such/directory", LANDLOCK_READ},
	};

	return landlock_restrict(places, sizeof places / sizeof places[0], ret_version) == 0;
}

/* Run as a child: what is passed to it lies in the environment of the test. */
static int try_files(void)
{
	const char *kept = getenv("KEPT"), *closed = getenv("CLOSED");
	int version = 0;

	if (!restrict_to(kept, &version))
		return 100;
	if (!version)
		return 77;
	if (make_file(in(kept, "file")) || mkdir(in(kept, "dir"), 0700) < 0 ||
	    rmdir(in(kept, "dir")) < 0)
		return 1;
	if (make_file(in(closed, "file")) != EACCES)
		return 2;
	if (open(closed, O_RDONLY | O_DIRECTORY) >= 0 || errno != EACCES)
		return 3;
	if (open("/etc/passwd", O_RDONLY) < 0 || open("/etc/passwd", O_RDWR) >= 0)
		return 4;
	if (make_file("/etc/credfs-test") != EACCES)
		return 5;
	if (symlink("x", in(kept, "link")) == 0 || mknod(in(kept, "pipe"), S_IFIFO, 0) == 0)
		return 6;
	return open("/dev/null", O_RDWR) >= 0 ? 0 : 7;
}

/* 77: not on this kernel, which a test of the whole says as well. */
static void expect_done(int code)
{
	if (code == 77)
		cr_skip_test("this kernel has no Landlock");
	cr_expect_eq(code, 0, "step %d", code);
}

Test(landlock, leaves_what_was_named_and_nothing_else)
{
	const struct ground ground = ground_new();

	setenv("KEPT", ground.kept, 1);
	setenv("CLOSED", ground.closed, 1);
	expect_done(child_run(try_files));
	ground_done(&ground);
}

static int try_others(void)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(1), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	int version = 0;

	if (fd < 0 || !restrict_to("/etc", &version))
		return 100;
	if (!version)
		return 77;
	if (version >= 4 && (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 ||
			     errno != EACCES))
		return 1;
	if (version >= 6 && (kill(getppid(), 0) == 0 || errno != EPERM))
		return 2;
	return 0;
}

Test(landlock, closes_networks_and_signals_to_others_where_the_kernel_can)
{
	expect_done(child_run(try_others));
}
