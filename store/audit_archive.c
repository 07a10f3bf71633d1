#include "store/audit_archive.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "store/audit_numbers.h"
#include "store/audit_segment.h"

enum { CHUNK = 64 * 1024 };

static int write_all(int fd, const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		const ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

static int copy_bytes(int from, int to)
{
	CLEANUP_FREE uint8_t *bytes = malloc(CHUNK);
	ssize_t length;
	int r = bytes ? 0 : -ENOMEM;

	while (r == 0 && (length = read(from, bytes, CHUNK)) != 0)
		r = length < 0 ? -errno : write_all(to, bytes, (size_t)length);
	if (r == 0 && fsync(to) < 0)
		r = -errno;
	return r;
}

/* To another file system; the copy has no name that counts until it is whole. */
static int copy(int from, int to, const char *name)
{
	static const char partial[] = "partial";
	CLEANUP_CLOSE int source = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	CLEANUP_CLOSE int target = -1;
	int r;

	if (source < 0)
		return -errno;
	target = openat(to, partial, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (target < 0)
		return -errno;
	r = copy_bytes(source, target);
	if (r == 0 && renameat2(to, partial, to, name, RENAME_NOREPLACE) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(to, partial, 0);
		return r;
	}
	if (fsync(to) < 0 || unlinkat(from, name, 0) < 0)
		return -errno;
	return 0;
}

static int move(int from, int to, uint64_t number)
{
	char name[AUDIT_NAME_SIZE];

	audit_segment_name(number, name);
	if (renameat2(from, name, to, name, RENAME_NOREPLACE) == 0)
		return 0;
	return errno == EXDEV ? copy(from, to, name) : -errno;
}

int audit_archive(int from, int to, size_t *ret_count)
{
	CLEANUP_AUDIT_NUMBERS struct audit_numbers numbers = {0};
	int r = audit_numbers_list(from, &numbers);

	*ret_count = 0;
	for (size_t i = 0; r == 0 && i + 1 < numbers.count; i++) {
		r = move(from, to, numbers.list[i]);
		if (r == 0)
			++*ret_count;
	}
	if (r == 0 && (fsync(to) < 0 || fsync(from) < 0))
		r = -errno;
	return r;
}
