#include "fs/toucher.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { TELLER = 3 }; /* the descriptor it is told by */

/* Nothing is written unless it is the file that was meant: names may have changed hands, and what
 * is mounted there. */
static void touch(const char *mountpoint, const struct toucher_order *order)
{
	struct open_how how = {
		.flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	CLEANUP_CLOSE int root = open(mountpoint, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP_CLOSE int fd = -1;
	struct stat st;

	if (root < 0)
		return;
	fd = (int)syscall(SYS_openat2, root, order->path, &how, sizeof how);
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == order->inode)
		(void)!write(fd, "", 1);
}

static _Noreturn void run(const char *mountpoint)
{
	for (;;) {
		struct toucher_order order = {0};
		const ssize_t size = recv(TELLER, &order, sizeof order - 1, 0);

		if (size < 0 && errno == EINTR)
			continue;
		if (size <= 0)
			_exit(0);
		if ((size_t)size > offsetof(struct toucher_order, path))
			touch(mountpoint, &order);
	}
}

/* For good, if who it was started by is root; a daemon without privileges is that user already. */
static bool become(const struct owner *owner)
{
	if (geteuid() != 0)
		return getuid() == owner->uid && geteuid() == owner->uid;
	return setgroups(0, NULL) == 0 && setresgid(owner->gid, owner->gid, owner->gid) == 0 &&
	       setresuid(owner->uid, owner->uid, owner->uid) == 0 && setuid(0) != 0;
}

static bool keep_only(int teller)
{
	const int null = open("/dev/null", O_RDWR);

	/* Whoever waits for the end of what the daemon says does not wait for this. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (null < 0 || dup2(null, fd) < 0)
			return false;
	}
	return dup2(teller, TELLER) == TELLER && close_range(TELLER + 1, ~0u, 0) == 0 &&
	       chdir("/") == 0;
}

static _Noreturn void begin(const char *mountpoint, const struct owner *owner, int teller,
			    pid_t parent)
{
	/* What the terminal sends is not for it: it ends with its parent. */
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};

	for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_NAME, "credfs-toucher");
	/* Becoming another user takes back what is asked for before. */
	if (keep_only(teller) && become(owner) && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	    prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent)
		run(mountpoint);
	_exit(1);
}

int toucher_start(const char *mountpoint, const struct owner *owner, int *ret)
{
	const pid_t parent = getpid();
	CLEANUP_CLOSE int ours = -1;
	CLEANUP_CLOSE int its = -1;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	ours = pair[0];
	its = pair[1];
	if (fcntl(ours, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		begin(mountpoint, owner, its, parent);
	*ret = TAKE_FD(ours);
	return 0;
}
