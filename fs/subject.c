#include "fs/subject.h"

#include <fcntl.h>
#include <libgen.h>
#include <string.h>

#include "conf/field.h"

static int read_all(int fd, struct secret_pool *pool, struct secret **ret)
{
	CLEANUP_SECRET struct secret *value = NULL;
	size_t size = 0;
	ssize_t length;
	int r = secret_zeros(pool, FIELD_VALUE_MAX + 1, &value);

	if (r < 0)
		return r;
	while ((length = read(fd, secret_bytes(value) + size, FIELD_VALUE_MAX + 1 - size)) > 0)
		size += (size_t)length;
	if (length < 0)
		return -errno;
	if (size > FIELD_VALUE_MAX)
		return -EFBIG;
	return secret_copy(pool, secret_view(value), size, ret);
}

static int read_at(const struct subject *subject, int directory, const char *name,
		   struct secret **ret)
{
	CLEANUP_CLOSE int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : read_all(fd, subject->pool, ret);
}

/* Who may use what is in it may pass a directory, and perhaps not list it. */
static int open_directory(const char *path)
{
	const int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int open_parent(const char *path)
{
	CLEANUP_FREE char *copy = strdup(path);

	return copy ? open_directory(dirname(copy)) : -ENOMEM;
}

int subject_open(const char *path, struct secret_pool *pool, struct subject *ret)
{
	CLEANUP_SUBJECT struct subject subject = {
		.directory = open_directory(path), .beside = open_parent(path), .pool = pool};
	CLEANUP_SECRET struct secret *provider = NULL;
	int r;

	if (subject.directory < 0 || subject.beside < 0)
		return subject.directory < 0 ? subject.directory : subject.beside;
	r = read_at(&subject, subject.directory, "provider", &provider);
	if (r < 0)
		return r;
	if (secret_size(provider) >= sizeof subject.provider)
		return -EINVAL;
	memcpy(subject.provider, secret_view(provider), secret_size(provider));
	*ret = subject;
	subject.directory = subject.beside = -1;
	return 0;
}

void subject_done(struct subject *subject)
{
	if (subject->directory >= 0)
		close(subject->directory);
	if (subject->beside >= 0)
		close(subject->beside);
	subject->directory = subject->beside = -1;
}

int subject_get(const struct subject *subject, const char *field, struct secret **ret)
{
	return read_at(subject, subject->directory, field, ret);
}

int subject_get_beside(const struct subject *subject, const char *field, struct secret **ret)
{
	return read_at(subject, subject->beside, field, ret);
}

static int get(void *context, const char *field, struct secret **ret)
{
	return subject_get(context, field, ret);
}

struct rendering_source subject_source(struct subject *subject)
{
	return (struct rendering_source){get, subject};
}
