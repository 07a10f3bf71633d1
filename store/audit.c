#include "store/audit.h"

#include <fcntl.h>

#include "store/audit_spool.h"
#include "store/audit_text.h"

/* How far ahead room is taken on the disk. */
enum { RESERVE = 64 * 1024 };
_Static_assert(AUDIT_LINES_MAX *AUDIT_FRAME_MAX <= RESERVE, "what is promised is taken");

struct audit {
	struct audit_spool spool;
	uint8_t frame[AUDIT_FRAME_MAX]; /* the one that is made */
};

int audit_open(const char *directory, uint64_t limit, const struct org *org, struct audit **ret)
{
	CLEANUP(audit_closep) struct audit *audit = calloc(1, sizeof(*audit));
	int r;

	if (!audit)
		return -ENOMEM;
	audit->spool.limit = limit;
	r = audit_spool_open(&audit->spool, directory, org);
	if (r == 0)
		*ret = TAKE_PTR(audit);
	return r;
}

struct audit *audit_close(struct audit *audit)
{
	if (!audit)
		return NULL;
	audit_spool_done(&audit->spool);
	free(audit);
	return NULL;
}

uint64_t audit_torn(const struct audit *audit)
{
	return audit->spool.torn;
}

uint64_t audit_bytes(const struct audit *audit)
{
	return audit_spool_bytes(&audit->spool);
}

uint64_t audit_last(const struct audit *audit)
{
	const struct audit_segment *segment = audit_spool_newest(&audit->spool);

	return segment ? segment->next - 1 : 0;
}

int audit_reserve(struct audit *audit, const struct org *org, size_t lines)
{
	const struct audit_segment *segment;
	int r = audit_spool_make_room(&audit->spool, org, lines);

	if (r < 0)
		return r;
	segment = audit_spool_newest(&audit->spool);
	if (segment->end + lines * AUDIT_FRAME_MAX <= audit->spool.reserved)
		return 0;
	/* Where the file system cannot, there is nothing to hold on to. */
	if (fallocate(audit->spool.fd, FALLOC_FL_KEEP_SIZE, (off_t)segment->end, RESERVE) < 0)
		return errno == EOPNOTSUPP || errno == ENOSYS ? 0 : -errno;
	audit->spool.reserved = segment->end + RESERVE;
	return 0;
}

/* All of it, or nothing: what was written of it is taken back. */
static int write_frame(struct audit *audit, const uint8_t *frame, size_t size)
{
	const struct audit_segment *segment = audit_spool_newest(&audit->spool);
	const ssize_t written = pwrite(audit->spool.fd, frame, size, (off_t)segment->end);
	const int error = errno;

	if (written == (ssize_t)size)
		return 0;
	if (written > 0 && ftruncate(audit->spool.fd, (off_t)segment->end) < 0) {
		/* What is left there is no frame: it is gone round. */
		close(audit->spool.fd);
		audit->spool.fd = -1;
	}
	return written < 0 ? -error : -ENOSPC;
}

int audit_append(struct audit *audit, const struct org *org, const struct audit_entry *entry)
{
	const struct audit_line line = {audit->spool.text, entry->line, entry->size};
	struct audit_record record;
	size_t size = 0;
	int r = audit_spool_make_room(&audit->spool, org, 1);

	if (r < 0)
		return r;
	record = (struct audit_record){
		.org = audit->spool.org,
		.recipient = audit_spool_newest(&audit->spool)->header.recipient,
		.seq = audit_spool_newest(&audit->spool)->next,
		.previous = audit_spool_newest(&audit->spool)->head,
		.time = entry->time,
	};
	r = audit_record_encode(&record, audit_spool_newest(&audit->spool)->key, &line,
				audit->frame, &size);
	if (r == 0)
		r = write_frame(audit, audit->frame, size);
	if (r < 0)
		return r;
	(void)audit_segment_grew(audit_spool_newest(&audit->spool), &record, size,
				 audit->spool.text);
	audit->spool.text += entry->size;
	return entry->sync && fdatasync(audit->spool.fd) < 0 ? -errno : 0;
}

/* Where the log begins: what came before was moved away. */
static uint64_t text_base(const struct audit *audit)
{
	return audit->spool.count ? audit->spool.list[0].header.text : audit->spool.text;
}

uint64_t audit_size(struct audit *audit)
{
	audit_spool_refresh(&audit->spool);
	return audit->spool.text - text_base(audit);
}

uint64_t audit_time(const struct audit *audit)
{
	return audit->spool.count ? audit_spool_newest(&audit->spool)->time : 0;
}

static int read_segment(struct audit *audit, size_t index, struct audit_copy *copy)
{
	struct audit_segment *segment = &audit->spool.list[index], ignored = {0};
	CLEANUP_CLOSE int fd = -1;
	int r = audit_segment_open(audit->spool.directory, segment->header.first, O_RDONLY,
				   &ignored, &fd);

	if (r == 0 && !segment->end)
		r = audit_segment_scan(segment, fd);
	if (r == 0)
		r = audit_segment_unlock(segment, fd, NULL, audit->spool.host);
	return r < 0 ? r : audit_text_copy(segment, fd, copy);
}

/* The segment that a place in the text lies in. */
static size_t find_segment(const struct audit *audit, uint64_t text)
{
	size_t low = 0, high = audit->spool.count;

	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (audit->spool.list[middle].header.text <= text)
			low = middle;
		else
			high = middle;
	}
	return low;
}

int audit_read(struct audit *audit, uint64_t offset, char *ret, size_t room, size_t *ret_size)
{
	struct audit_copy copy = {.text = text_base(audit) + offset, .at = ret, .room = room};
	size_t index = find_segment(audit, copy.text);
	int r = 0;

	while (r == 0 && copy.room && copy.text < audit->spool.text) {
		const bool last = index + 1 == audit->spool.count;

		copy.stop = last ? audit->spool.text : audit->spool.list[index + 1].header.text;
		r = read_segment(audit, index++, &copy);
	}
	/* What was read before the trouble is given out first. */
	if (r < 0 && copy.room == room)
		return r == -EBADMSG ? -EIO : r;
	*ret_size = room - copy.room;
	return 0;
}

bool audit_unsigned(const struct audit *audit, struct audit_record *ret,
		    const struct recipient **ret_signer)
{
	const struct audit_segment *segment = audit_spool_newest(&audit->spool);

	if (!segment || audit->spool.fd < 0 || !segment->last ||
	    segment->signed_to + 1 >= segment->next)
		return false;
	*ret = (struct audit_record){
		.org = audit->spool.org,
		.recipient = segment->header.recipient,
		.seq = segment->next - 1,
		.digest = segment->head,
	};
	*ret_signer = audit->spool.host;
	return true;
}

int audit_put_head(struct audit *audit, const struct audit_record *record,
		   const uint8_t head[AUDIT_HEAD_SIZE])
{
	struct audit_segment *segment = audit_spool_newest(&audit->spool);
	int r;

	if (!segment || audit->spool.fd < 0 || record->seq < segment->header.first)
		return 0; /* a later one will vouch for it */
	r = write_frame(audit, head, AUDIT_HEAD_SIZE);
	if (r < 0)
		return r;
	segment->end += AUDIT_HEAD_SIZE;
	segment->size = segment->end;
	segment->signed_to = record->seq;
	return 0;
}
