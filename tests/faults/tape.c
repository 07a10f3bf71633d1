#include "tests/faults/tape.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { TAPE_FD = 900 };

static int tape = -1;
static const char *name;
static pthread_mutex_t taping = PTHREAD_MUTEX_INITIALIZER;

/* A descriptor of our own, out of the way of those that are counted. */
void tape_open(const char *path)
{
	long fd;

	if (!path)
		return;
	fd = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		abort();
	tape = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, TAPE_FD);
	syscall(SYS_close, fd);
	name = path;
}

/* A supervisor closes what it was not given for itself; it may open files still. */
static long append(const struct iovec *parts, int count)
{
	long r = syscall(SYS_writev, tape, parts, count);

	if (r >= 0 || errno != EBADF)
		return r;
	tape_open(name);
	return syscall(SYS_writev, tape, parts, count);
}

void tape_hold(void)
{
	if (tape >= 0)
		pthread_mutex_lock(&taping);
}

long tape_put(long result, struct tape_record record, const void *bytes)
{
	const struct iovec parts[] = {
		{.iov_base = &record, .iov_len = sizeof(record)},
		{.iov_base = (void *)(uintptr_t)bytes, .iov_len = record.size},
	};
	int error = errno;

	if (tape < 0)
		return result;
	if (result >= 0 && append(parts, 2) < 0)
		abort();
	pthread_mutex_unlock(&taping);
	errno = error;
	return result;
}

long tape_put_paths(long result, enum tape_change change, const char *from, const char *to)
{
	char paths[2 * PATH_MAX];
	size_t size = (size_t)snprintf(paths, sizeof(paths), "%s%c%s", from, '\0', to);

	return tape_put(result, (struct tape_record){.change = change, .size = size}, paths);
}
