#include "fs/spare.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "conf/settings.h"

enum { SPARE_MAX = 1 << 20, SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL };

/* To its end, wherever that is by then. */
static int copy(int from, int to)
{
	size_t size = 0;
	ssize_t n;

	do {
		n = sendfile(to, from, NULL, SPARE_MAX);
		if (n < 0)
			return -errno;
		size += (size_t)n;
	} while (n > 0 && size <= SPARE_MAX);
	return n > 0 ? -EFBIG : 0;
}

int spare_new(const char *configuration, int *ret_descriptor)
{
	CLEANUP_CLOSE int from = open(settings_path(configuration), O_RDONLY | O_CLOEXEC);
	CLEANUP_CLOSE int to = -1;
	int r = 0;

	if (from < 0 && (errno != ENOENT || configuration))
		return -errno;
	to = memfd_create("credfs-configuration", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (to < 0)
		return -errno;
	if (from >= 0)
		r = copy(from, to);
	if (r == 0 && fcntl(to, F_ADD_SEALS, SEALS) < 0)
		r = -errno;
	if (r == 0)
		*ret_descriptor = TAKE_FD(to);
	return r;
}

bool spare_is_same(int one, int other)
{
	char a[4096], b[sizeof a];
	off_t at = 0;
	ssize_t n;

	do {
		n = pread(one, a, sizeof a, at);
		if (n < 0 || pread(other, b, sizeof b, at) != n || memcmp(a, b, (size_t)n) != 0)
			return false;
		at += n;
	} while (n > 0);
	return true;
}
