#include "store/source.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

static const char credential_prefix[] = "credential:";
static const char credentials_variable[] = "CREDENTIALS_DIRECTORY";

/* A FIFO must not hold us up before we see what it is. */
enum { OPEN_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };

/* Whether nobody but us and root can come at it. */
static bool is_private(const struct stat *st)
{
	return (st->st_uid == geteuid() || st->st_uid == 0) &&
	       (st->st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

static int open_private(int directory, const char *name)
{
	CLEANUP_CLOSE int fd = openat(directory, name, OPEN_FLAGS);
	struct stat st;

	if (fd < 0)
		return errno == ELOOP ? -EACCES : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || !is_private(&st))
		return -EACCES;
	return TAKE_FD(fd);
}

static int open_file(const struct source *source)
{
	return open_private(AT_FDCWD, source->name);
}

/* systemd makes the directory for the service alone; in one that others may write to, a file of the
 * right name and owner could be one that was made for something else. */
static int open_credentials(void)
{
	const char *path = getenv(credentials_variable);
	CLEANUP_CLOSE int fd = -1;
	struct stat st;

	if (!path || path[0] != '/')
		return -ENXIO;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? -ENXIO : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return -EACCES;
	return TAKE_FD(fd);
}

static int open_credential(const struct source *source)
{
	CLEANUP_CLOSE int directory = open_credentials();

	return directory < 0 ? directory : open_private(directory, source->name);
}

/* It is not ours to close. */
static int open_descriptor(const struct source *source)
{
	const int fd = fcntl(source->descriptor, F_DUPFD_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

static int read_text(int fd, struct secret_pool *pool, struct secret **ret)
{
	CLEANUP_SECRET struct secret *text = NULL;
	size_t size = 0;
	int r;

	r = secret_zeros(pool, IDENTITY_TEXT_MAX, &text);
	if (r < 0)
		return r;
	while (size < IDENTITY_TEXT_MAX) {
		ssize_t n =
			pread(fd, secret_bytes(text) + size, IDENTITY_TEXT_MAX - size, (off_t)size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		size += (size_t)n;
	}
	r = secret_resize(text, size);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(text);
	return 0;
}

static int recovery_from_phrase(struct secret_pool *pool, const struct secret *phrase,
				struct identity *ret)
{
	int r = recipient_from_phrase(pool, (const char *)secret_view(phrase), secret_size(phrase),
				      &ret->host);

	if (r < 0)
		return r;
	ret->recovery = *recipient_public(ret->host);
	ret->has_recovery = true;
	return 0;
}

static int load_phrase(struct secret_pool *pool, const struct source *source,
		       const struct asker *asker, struct identity *ret)
{
	CLEANUP_SECRET struct secret *phrase = NULL;
	int r = asker ? asker->ask(asker->context, ASK_PHRASE, pool, &phrase) : -ENODATA;

	(void)source;
	return r < 0 ? r : recovery_from_phrase(pool, phrase, ret);
}

static int load_text(struct secret_pool *pool, const struct source *source,
		     const struct asker *asker, struct identity *ret);

static const struct source_operations {
	int (*load)(struct secret_pool *pool, const struct source *source,
		    const struct asker *asker, struct identity *ret);
	int (*open)(const struct source *source); /* where the text lies; NULL: nowhere */
} sources[] = {
	[SOURCE_FILE] = {load_text, open_file},
	[SOURCE_CREDENTIAL] = {load_text, open_credential},
	[SOURCE_DESCRIPTOR] = {load_text, open_descriptor},
	[SOURCE_PHRASE] = {load_phrase, NULL},
};
_Static_assert(sizeof(sources) / sizeof(sources[0]) == SOURCE_KINDS, "a row for each");

static int load_text(struct secret_pool *pool, const struct source *source,
		     const struct asker *asker, struct identity *ret)
{
	CLEANUP_SECRET struct secret *text = NULL;
	CLEANUP_CLOSE int fd = sources[source->kind].open(source);
	int r = fd < 0 ? fd : read_text(fd, pool, &text);

	return r < 0 ? r : identity_parse(pool, text, asker, ret);
}

int source_load(struct secret_pool *pool, const struct source *source, const struct asker *asker,
		struct identity *ret)
{
	return sources[source->kind].load(pool, source, asker, ret);
}

int source_open(const struct source *source, int *ret)
{
	int fd = sources[source->kind].open ? sources[source->kind].open(source) : -EINVAL;

	if (fd < 0)
		return fd;
	*ret = fd;
	return 0;
}

bool source_asks(const struct source *source)
{
	CLEANUP_CLOSE int fd = -1;
	char heading[sizeof("credfs identity 2\n") - 1];
	ssize_t size;

	if (source_open(source, &fd) < 0)
		return source->kind == SOURCE_PHRASE;
	size = pread(fd, heading, sizeof(heading), 0);
	return size > 0 && identity_is_sealed(heading, (size_t)size);
}

int source_parse(const char *text, struct source *ret)
{
	const size_t prefix = strlen(credential_prefix);
	const char *name = text + prefix;

	if (text[0] == '/' && strlen(text) < PATH_MAX) {
		*ret = (struct source){SOURCE_FILE, text, -1};
		return 0;
	}
	if (strncmp(text, credential_prefix, prefix) != 0 || name[0] == '\0' ||
	    strlen(name) > NAME_MAX || strchr(name, '/') || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return -EINVAL;
	*ret = (struct source){SOURCE_CREDENTIAL, name, -1};
	return 0;
}
