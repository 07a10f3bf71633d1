#include "fs/audit_reader.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

enum { ROOM = 128 * 1024, TIME_AT = sizeof "{\"time\":\"" - 1, TIME_SIZE = 30 };

struct audit_reader {
	int fd;
	off_t offset; /* of what comes behind the buffer */
	char buffer[ROOM];
	size_t size;
	size_t at;
	char newest[TIME_SIZE + 1]; /* time of the newest line that was given out */
	bool again;		    /* what is not newer was seen */
};

int audit_reader_open(const char *path, struct audit_reader **ret)
{
	CLEANUP(audit_reader_closep) struct audit_reader *reader = calloc(1, sizeof *reader);

	if (!reader)
		return -ENOMEM;
	reader->fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (reader->fd < 0)
		return -errno;
	*ret = TAKE_PTR(reader);
	return 0;
}

struct audit_reader *audit_reader_close(struct audit_reader *reader)
{
	if (reader && reader->fd >= 0)
		close(reader->fd);
	free(reader);
	return NULL;
}

static void begin_again(struct audit_reader *reader)
{
	reader->offset = 0;
	reader->size = 0;
	reader->at = 0;
	reader->again = true;
}

/* More bytes behind those that are left: how many. */
static int refill(struct audit_reader *reader)
{
	struct stat st;
	ssize_t length;

	if (fstat(reader->fd, &st) < 0)
		return -errno;
	if (st.st_size < reader->offset)
		begin_again(reader);
	memmove(reader->buffer, reader->buffer + reader->at, reader->size - reader->at);
	reader->size -= reader->at;
	reader->at = 0;
	length = pread(reader->fd, reader->buffer + reader->size, ROOM - reader->size,
		       reader->offset);
	if (length < 0)
		return -errno;
	reader->size += (size_t)length;
	reader->offset += length;
	return (int)length;
}

static bool is_line(const char *line, size_t size)
{
	return size > TIME_AT + TIME_SIZE && memcmp(line, "{\"time\":\"", TIME_AT) == 0;
}

static bool is_blank(const char *line, size_t size)
{
	return strspn(line, " ") == size - 1;
}

/* Whether the line is to be given out. */
static bool take(struct audit_reader *reader, const char *line, size_t size)
{
	if (!is_line(line, size)) {
		/* Not where a line begins: the file has moved under it. */
		if (!is_blank(line, size) && *reader->newest && !reader->again)
			begin_again(reader);
		return false;
	}
	if (reader->again && memcmp(line + TIME_AT, reader->newest, TIME_SIZE) <= 0)
		return false;
	reader->again = false;
	memcpy(reader->newest, line + TIME_AT, TIME_SIZE);
	return true;
}

int audit_reader_next(struct audit_reader *reader, const char **ret, size_t *ret_size)
{
	for (;;) {
		const char *line = reader->buffer + reader->at;
		const size_t left = reader->size - reader->at;
		const char *end = memchr(line, '\n', left);
		size_t size;
		int r;

		if (!end) {
			r = refill(reader);
			if (r <= 0)
				return r;
			continue;
		}
		size = (size_t)(end - line) + 1;
		reader->at += size;
		if (take(reader, line, size)) {
			*ret = line;
			*ret_size = size;
			return 1;
		}
	}
}
