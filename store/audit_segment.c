#include "store/audit_segment.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "store/wire.h"

enum { MARK_EVERY = 64 };

void audit_segment_done(struct audit_segment *segment)
{
	secret_free(segment->key);
	free(segment->marks);
	*segment = (struct audit_segment){0};
}

void audit_segment_name(uint64_t first, char ret[AUDIT_NAME_SIZE])
{
	snprintf(ret, AUDIT_NAME_SIZE, "%020llu.log", (unsigned long long)first);
}

bool audit_segment_is_name(const char *name, uint64_t *ret)
{
	char canonical[AUDIT_NAME_SIZE];
	unsigned long long first;

	if (strlen(name) != AUDIT_NAME_SIZE - 1 || sscanf(name, "%20llu", &first) != 1)
		return false;
	audit_segment_name(first, canonical);
	*ret = first;
	return strcmp(name, canonical) == 0;
}

static struct audit_key_place place_of(const struct audit_header *header)
{
	return (struct audit_key_place){
		.org = header->org,
		.recipient = header->recipient,
		.first = header->first,
		.commitment = header->commitment,
	};
}

/* As read from its header. */
static struct audit_segment segment_of(const struct audit_header *header)
{
	return (struct audit_segment){
		.header = *header,
		.size = AUDIT_FRAMES_AT,
		.next = header->first,
		.head = header->digest,
		.time = header->time,
	};
}

/* Open a new file, or one that never came to hold a header. */
static int create(int directory, const char *name)
{
	CLEANUP_CLOSE int fd =
		openat(directory, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size > AUDIT_FRAMES_AT)
		return -EEXIST;
	return TAKE_FD(fd);
}

int audit_segment_make(const struct audit_making *making, struct secret *key,
		       struct audit_segment *ret, int *ret_fd)
{
	CLEANUP_SECRET struct secret *owned = key;
	struct audit_header header = *making->header;
	uint8_t bytes[AUDIT_FRAMES_AT];
	char name[AUDIT_NAME_SIZE];
	CLEANUP_CLOSE int fd = -1;
	struct audit_key_place place;
	int r;

	header.commitment = audit_key_commitment(key);
	audit_header_encode(&header, bytes);
	place = place_of(&header);
	audit_key_wrap(key, &place, making->epoch, making->host, bytes + AUDIT_HEADER_SIZE);
	audit_segment_name(header.first, name);
	fd = create(making->directory, name);
	if (fd < 0)
		return fd;
	r = (int)pwrite(fd, bytes, sizeof(bytes), 0);
	if (r != (int)sizeof(bytes)) {
		r = r < 0 ? -errno : -ENOSPC;
		unlinkat(making->directory, name, 0);
		return r;
	}
	*ret = segment_of(&header);
	ret->end = ret->size;
	ret->key = TAKE_PTR(owned);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int audit_segment_open(int directory, uint64_t first, int flags, struct audit_segment *ret,
		       int *ret_fd)
{
	uint8_t bytes[AUDIT_HEADER_SIZE];
	struct audit_header header;
	char name[AUDIT_NAME_SIZE];
	CLEANUP_CLOSE int fd = -1;
	struct stat st;
	ssize_t length;
	int r;

	audit_segment_name(first, name);
	fd = openat(directory, name, flags | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size < AUDIT_FRAMES_AT)
		return -ENODATA;
	length = pread(fd, bytes, sizeof(bytes), 0);
	if (length != sizeof(bytes))
		return length < 0 ? -errno : -EIO;
	r = audit_header_decode(bytes, &header);
	if (r < 0)
		return r;
	if (header.first != first)
		return -EBADMSG;
	*ret = segment_of(&header);
	ret->size = (uint64_t)st.st_size;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int add_mark(struct audit_segment *segment, uint64_t offset, uint64_t text)
{
	const size_t count = segment->mark_count;

	if ((count & (count - 1)) == 0) {
		struct audit_mark *marks =
			reallocarray(segment->marks, count ? count * 2 : 1, sizeof(*marks));

		if (!marks)
			return -ENOMEM;
		segment->marks = marks;
	}
	segment->marks[segment->mark_count++] = (struct audit_mark){offset, text};
	return 0;
}

static int add_record(struct audit_segment *segment, const struct audit_record *record,
		      uint64_t offset, uint64_t text)
{
	const uint64_t index = record->seq - segment->header.first;

	segment->next = record->seq + 1;
	segment->head = record->digest;
	segment->time = record->time;
	segment->last = offset;
	return index % MARK_EVERY == 0 ? add_mark(segment, offset, text) : 0;
}

int audit_segment_grew(struct audit_segment *segment, const struct audit_record *record,
		       size_t size, uint64_t text)
{
	const uint64_t offset = segment->end;

	segment->end += size;
	segment->size = segment->end;
	return add_record(segment, record, offset, text);
}

static int scan_frame(void *context, const struct audit_frame *frame, uint64_t offset)
{
	struct audit_segment *segment = context;

	if (!frame)
		return 0;
	if (frame->type == AUDIT_RECORD)
		return add_record(segment, &frame->record, offset, UINT64_MAX);
	if (frame->record.seq > segment->signed_to)
		segment->signed_to = frame->record.seq;
	return 0;
}

int audit_segment_scan(struct audit_segment *segment, int fd)
{
	uint64_t end = 0;
	int r;

	segment->mark_count = 0;
	r = audit_walk(&(struct audit_walk){fd, &segment->header, AUDIT_FRAMES_AT}, scan_frame,
		       segment, &end);
	if (r == 0)
		segment->end = end;
	return r;
}

static int read_wrap(int fd, uint8_t ret[AUDIT_WRAP_SIZE])
{
	const ssize_t length = pread(fd, ret, AUDIT_WRAP_SIZE, AUDIT_HEADER_SIZE);

	return length == AUDIT_WRAP_SIZE ? 0 : length < 0 ? -errno : -EIO;
}

int audit_segment_unlock(struct audit_segment *segment, int fd, const struct epoch_key *epoch,
			 const struct recipient *host)
{
	const struct audit_key_place place = place_of(&segment->header);
	uint8_t wrap[AUDIT_WRAP_SIZE];
	int r;

	if (segment->key)
		return 0;
	r = read_wrap(fd, wrap);
	if (r < 0)
		return r;
	return audit_key_open(recipient_pool(host), &place, wrap, epoch, host, &segment->key);
}

int audit_segment_rewrap(struct audit_segment *segment, int fd, const struct epoch_key *epoch,
			 const struct recipient *host)
{
	const struct audit_key_place place = place_of(&segment->header);
	uint8_t wrap[AUDIT_WRAP_SIZE];
	int r = read_wrap(fd, wrap);

	if (r < 0 || audit_key_epoch(wrap) == epoch_key_epoch(epoch))
		return r;
	r = audit_segment_unlock(segment, fd, NULL, host);
	if (r < 0)
		return r;
	audit_key_rewrap(segment->key, &place, epoch, wrap);
	if (pwrite(fd, wrap, sizeof(wrap), AUDIT_HEADER_SIZE) != sizeof(wrap))
		return errno ? -errno : -EIO;
	return fdatasync(fd) < 0 ? -errno : 1;
}
