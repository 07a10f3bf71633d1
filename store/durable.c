#include "store/durable.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

static int read_all(int fd, uint8_t *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = read(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EBADMSG;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

int durable_read(const char *path, size_t max, uint8_t **ret, size_t *ret_size)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || (size_t)st.st_size > max)
		return -EBADMSG;
	bytes = malloc((size_t)st.st_size + 1);
	if (!bytes)
		return -ENOMEM;
	r = read_all(fd, bytes, (size_t)st.st_size);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(bytes);
	*ret_size = (size_t)st.st_size;
	return 0;
}

static int write_all(int fd, const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

/* What root leaves in a directory of another user is his: he works with it when root has gone. */
static int hand_over(int fd, const char *path)
{
	CLEANUP_FREE char *copy = strdup(path);
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (!copy)
		return -ENOMEM;
	if (stat(dirname(copy), &st) < 0 || (st.st_uid && fchown(fd, st.st_uid, st.st_gid) < 0))
		return -errno;
	return 0;
}

/* A file of our own: who has one there that somebody else made could read what we write. */
static int write_file(const char *path, mode_t mode, const uint8_t *bytes, size_t size, bool hands)
{
	CLEANUP_CLOSE int fd = -1;
	int r;

	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0 || fchmod(fd, mode) < 0)
		return -errno;
	r = hands ? hand_over(fd, path) : 0;
	if (r == 0)
		r = write_all(fd, bytes, size);
	if (r < 0)
		return r;
	return fsync(fd) < 0 ? -errno : 0;
}

static int copy_bytes(int from, int to)
{
	uint8_t buffer[1 << 16];
	ssize_t size;

	while ((size = read(from, buffer, sizeof(buffer))) > 0) {
		int r = write_all(to, buffer, (size_t)size);

		if (r < 0)
			return r;
	}
	return size < 0 || fsync(to) < 0 ? -errno : 0;
}

int durable_copy(const char *from, const char *to)
{
	CLEANUP_CLOSE int in = open(from, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	CLEANUP_CLOSE int out = -1;
	int r;

	if (in < 0)
		return -errno;
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return -errno;
	r = hand_over(out, to);
	return r < 0 ? r : copy_bytes(in, out);
}

int durable_sync_directory(const char *path)
{
	CLEANUP_FREE char *copy = strdup(path);
	CLEANUP_CLOSE int fd = -1;

	if (!copy)
		return -ENOMEM;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int durable_place(const char *from, const char *to)
{
	int r;

	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if ((errno != EINVAL && errno != ENOSYS) || link(from, to) < 0)
		return -errno;
	if (unlink(from) == 0)
		return 0;
	r = -errno;
	unlink(to); /* ours: link() does not replace */
	return r;
}

static int replace(const char *from, const char *to)
{
	return rename(from, to) < 0 ? -errno : 0;
}

struct putting {
	int (*place)(const char *from, const char *to);
	bool hands; /* it becomes whose the directory is */
};

/* Write beside the path, and put it there. */
static int put(const char *path, mode_t mode, const uint8_t *bytes, size_t size,
	       const struct putting *putting)
{
	CLEANUP_FREE char *temporary = NULL;
	int r;

	if (asprintf(&temporary, "%s.tmp", path) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	r = write_file(temporary, mode, bytes, size, putting->hands);
	if (r == 0)
		r = putting->place(temporary, path);
	if (r < 0) {
		unlink(temporary);
		return r;
	}
	r = durable_sync_directory(path);
	if (r < 0 && putting->place == durable_place)
		unlink(path); /* what was there before was nothing */
	return r;
}

int durable_create(const char *path, mode_t mode, const uint8_t *bytes, size_t size)
{
	return put(path, mode, bytes, size, &(struct putting){durable_place, false});
}

int durable_replace(const char *path, const uint8_t *bytes, size_t size)
{
	return put(path, 0600, bytes, size, &(struct putting){replace, true});
}

int durable_replace_own(const char *path, mode_t mode, const uint8_t *bytes, size_t size)
{
	return put(path, mode, bytes, size, &(struct putting){replace, false});
}
