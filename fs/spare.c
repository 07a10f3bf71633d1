#include "fs/spare.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "conf/provider.h"
#include "conf/settings.h"

enum { SPARE_MAX = 1 << 20, SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL };

void spare_done(struct spare *spare)
{
	cleanup_close(&spare->settings);
	cleanup_close(&spare->providers);
	*spare = NO_SPARE;
}

bool spare_is_there(const struct spare *spare)
{
	return spare->settings >= 0;
}

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

static int copy_settings(const char *configuration, int to)
{
	/* One that waits for who writes into it keeps nobody waiting. */
	CLEANUP_CLOSE int from =
		open(settings_path(configuration), O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (from < 0)
		return errno == ENOENT && !configuration ? 0 : -errno;
	return copy(from, to);
}

/* Filled by `fill`, and nobody's to change. */
static int make(const char *label, const char *path, int (*fill)(const char *path, int to),
		int *ret)
{
	CLEANUP_CLOSE int to = memfd_create(label, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r = to < 0 ? -errno : fill(path, to);

	if (r == 0 && fcntl(to, F_ADD_SEALS, SEALS) < 0)
		r = -errno;
	if (r == 0)
		*ret = TAKE_FD(to);
	return r;
}

int spare_new(const char *configuration, const char *providers, struct spare *ret)
{
	CLEANUP_SPARE struct spare spare = NO_SPARE;
	int r = make("credfs-configuration", configuration, copy_settings, &spare.settings);

	if (r == 0)
		r = make("credfs-providers", providers, catalogue_copy, &spare.providers);
	if (r < 0)
		return r;
	*ret = spare;
	spare = NO_SPARE;
	return 0;
}

static bool is_same(int one, int other)
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

bool spare_is_same(const struct spare *one, const struct spare *other)
{
	return is_same(one->settings, other->settings) && is_same(one->providers, other->providers);
}
