#include "fs/fence.h"

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>

enum { END_MS = 30000 };

struct served {
	int64_t pid; /* 0: nobody */
	uint64_t born;
};

int fence_new(int *ret_descriptor)
{
	const int descriptor = memfd_create("credfs-fence", MFD_CLOEXEC);

	if (descriptor < 0)
		return -errno;
	*ret_descriptor = descriptor;
	return 0;
}

/* Ticks since the machine was started: the 22nd of its numbers, the 20th after its name, which may
 * hold anything. -ESRCH when it has gone. */
static int find_born(pid_t pid, uint64_t *ret)
{
	CLEANUP_FCLOSE FILE *file = NULL;
	unsigned long long born = 0;
	char path[32], text[1024] = "";
	const char *place;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file || !fread(text, 1, sizeof text - 1, file))
		return -ESRCH;
	place = strrchr(text, ')');
	for (int i = 0; place && i < 20; i++)
		place = strchr(place + 1, ' ');
	if (!place || sscanf(place, "%llu", &born) != 1)
		return -EPROTO;
	*ret = born;
	return 0;
}

int fence_mark(int descriptor, pid_t pid)
{
	struct served served = {.pid = pid};
	int r = find_born(pid, &served.born);

	if (r == 0 && pwrite(descriptor, &served, sizeof served, 0) != sizeof served)
		r = -EIO;
	return r;
}

static int end(int process)
{
	struct pollfd ended = {.fd = process, .events = POLLIN};
	int r;

	if (pidfd_send_signal(process, SIGKILL, NULL, 0) < 0)
		return errno == ESRCH ? 0 : -errno;
	do
		r = poll(&ended, 1, END_MS);
	while (r < 0 && errno == EINTR);
	return r > 0 ? 0 : -ETIMEDOUT;
}

int fence_end(int descriptor)
{
	CLEANUP_CLOSE int process = -1;
	struct served served = {0};
	uint64_t born = 0;
	const ssize_t size = pread(descriptor, &served, sizeof served, 0);

	if (size == 0 || (size == sizeof served && !served.pid))
		return 0;
	if (size != sizeof served)
		return -EPROTO;
	/* Opened before its birth is looked at: from here on it is the same one. */
	process = pidfd_open((pid_t)served.pid, 0);
	if (process < 0)
		return errno == ESRCH ? 0 : -errno;
	return find_born((pid_t)served.pid, &born) == 0 && born == served.born ? end(process) : 0;
}
