#include "store/identity.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "store/durable.h"

/*
 * The file is text, of three lines:
 *
 *   credfs identity 1
 *   host 0123 4567 ...         the host's recipient, as its recovery phrase would be printed
 *   recovery credfsr1...       the recovery recipient's public half, or `none`
 *
 * Both forms carry a checksum, and all three lines must be there.
 */
static const char line_format[] = "credfs identity 1\nhost ";
static const char line_recovery[] = "\nrecovery ";
static const char word_none[] = "none";

enum { IDENTITY_FILE_MAX = 4096 };

void identity_done(struct identity *identity)
{
	recipient_free(identity->host);
	*identity = (struct identity){0};
}

static int append(struct secret *text, const void *bytes, size_t size)
{
	size_t old = secret_size(text);
	int r;

	r = secret_resize(text, old + size);
	if (r < 0)
		return r;
	memcpy(secret_bytes(text) + old, bytes, size);
	return 0;
}

static int identity_format(const struct identity *identity, struct secret **ret)
{
	struct secret_pool *pool = recipient_pool(identity->host);
	CLEANUP_SECRET struct secret *phrase = NULL, *text = NULL;
	char recovery[RECIPIENT_TEXT_SIZE] = "none";
	int r;

	if (identity->has_recovery)
		recipient_public_format(&identity->recovery, recovery);
	r = recipient_phrase(identity->host, pool, &phrase);
	if (r < 0)
		return r;
	r = secret_copy(pool, line_format, strlen(line_format), &text);
	if (r < 0)
		return r;
	r = append(text, secret_view(phrase), secret_size(phrase));
	if (r < 0)
		return r;
	r = append(text, line_recovery, strlen(line_recovery));
	if (r < 0)
		return r;
	r = append(text, recovery, strlen(recovery));
	if (r < 0)
		return r;
	r = append(text, "\n", 1);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(text);
	return 0;
}

int identity_save(const char *path, const struct identity *identity)
{
	CLEANUP_SECRET struct secret *text = NULL;
	int r = identity_format(identity, &text);

	return r < 0 ? r : durable_create(path, 0400, secret_view(text), secret_size(text));
}

/* Whether nobody but us and root can come at the file. */
static bool file_is_private(const struct stat *st)
{
	return S_ISREG(st->st_mode) && (st->st_uid == geteuid() || st->st_uid == 0) &&
	       (st->st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

int identity_open(const char *path, int *ret)
{
	CLEANUP_CLOSE int fd = -1;
	struct stat st;

	/* A FIFO must not hold us up before we see what it is. */
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return errno == ELOOP ? -EACCES : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!file_is_private(&st))
		return -EACCES;
	*ret = TAKE_FD(fd);
	return 0;
}

/* By position: others may be reading through the same descriptor. */
static int file_read(int fd, struct secret_pool *pool, struct secret **ret)
{
	CLEANUP_SECRET struct secret *text = NULL;
	size_t size = 0;
	int r;

	r = secret_zeros(pool, IDENTITY_FILE_MAX, &text);
	if (r < 0)
		return r;
	for (;;) {
		ssize_t n =
			pread(fd, secret_bytes(text) + size, IDENTITY_FILE_MAX - size, (off_t)size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		size += (size_t)n;
	}
	/* A full buffer is more than any identity. */
	if (size == IDENTITY_FILE_MAX)
		return -EBADMSG;
	r = secret_resize(text, size);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(text);
	return 0;
}

static int identity_parse(struct secret_pool *pool, const struct secret *text,
			  struct identity *identity)
{
	const char *at = (const char *)secret_view(text);
	const char *end = at + secret_size(text);
	char recovery[RECIPIENT_TEXT_SIZE] = {0};
	const char *next;
	int r;

	if (end - at < (ssize_t)strlen(line_format) ||
	    memcmp(at, line_format, strlen(line_format)) != 0)
		return -EBADMSG;
	at += strlen(line_format);
	next = memmem(at, (size_t)(end - at), line_recovery, strlen(line_recovery));
	if (!next)
		return -EBADMSG;
	r = recipient_from_phrase(pool, at, (size_t)(next - at), &identity->host);
	if (r < 0)
		return r;

	at = next + strlen(line_recovery);
	if (at == end || end[-1] != '\n' || end - 1 - at >= (ssize_t)sizeof(recovery))
		return -EBADMSG;
	memcpy(recovery, at, (size_t)(end - 1 - at));
	if (strlen(recovery) != (size_t)(end - 1 - at))
		return -EBADMSG;
	if (strcmp(recovery, word_none) == 0)
		return 0;
	identity->has_recovery = true;
	return recipient_public_parse(recovery, &identity->recovery);
}

int identity_read(struct secret_pool *pool, int fd, struct identity *ret)
{
	CLEANUP_IDENTITY struct identity identity = {0};
	CLEANUP_SECRET struct secret *text = NULL;
	int r;

	r = file_read(fd, pool, &text);
	if (r < 0)
		return r;
	r = identity_parse(pool, text, &identity);
	if (r < 0)
		return r;

	*ret = identity;
	identity = (struct identity){0};
	return 0;
}

int identity_load(struct secret_pool *pool, const char *path, struct identity *ret)
{
	CLEANUP_CLOSE int fd = -1;
	int r = identity_open(path, &fd);

	return r < 0 ? r : identity_read(pool, fd, ret);
}
