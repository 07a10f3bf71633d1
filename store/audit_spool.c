#include "store/audit_spool.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "store/audit.h"
#include "store/audit_numbers.h"
#include "store/audit_text.h"
#include "store/clock.h"

/* A segment is a part of the limit, so that what an operator moves away makes room, within bounds
 * that make it quick to look into. */
enum { SEGMENTS = 64, SEGMENT_MIN = 64 * 1024, SEGMENT_MAX = 4 * 1024 * 1024 };
_Static_assert(AUDIT_FRAMES_AT + AUDIT_LINES_MAX * AUDIT_FRAME_MAX <= SEGMENT_MIN, "they fit");

struct audit_segment *audit_spool_newest(const struct audit_spool *spool)
{
	return spool->count ? &spool->list[spool->count - 1] : NULL;
}

/* The room that was taken ahead is given back. */
static void close_newest(struct audit_spool *spool)
{
	if (spool->fd < 0)
		return;
	(void)!ftruncate(spool->fd, (off_t)audit_spool_newest(spool)->end);
	close(spool->fd);
	spool->fd = -1;
}

void audit_spool_done(struct audit_spool *spool)
{
	close_newest(spool);
	for (size_t i = 0; i < spool->count; i++)
		audit_segment_done(&spool->list[i]);
	free(spool->list);
	if (spool->directory >= 0)
		close(spool->directory);
}

static int open_directory(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
			return -errno;
		fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	return fd < 0 ? -errno : fd;
}

static int open_directories(struct audit_spool *spool, const char *path)
{
	char name[2 * ID_SIZE + 1];
	CLEANUP_CLOSE int parent = open_directory(AT_FDCWD, path);

	if (parent < 0)
		return parent;
	sodium_bin2hex(name, sizeof(name), spool->org.bytes, ID_SIZE);
	spool->directory = open_directory(parent, name);
	return spool->directory < 0 ? spool->directory : 0;
}

static bool is_ours(const struct audit_spool *spool, const struct audit_header *header)
{
	const struct recipient_id id = recipient_public_id(recipient_public(spool->host));

	return org_id_equal(header->org, spool->org) && recipient_id_equal(header->recipient, id);
}

static int add_segment(struct audit_spool *spool, const struct audit_segment *segment)
{
	struct audit_segment *list = reallocarray(spool->list, spool->count + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	spool->list = list;
	list[spool->count++] = *segment;
	return 0;
}

/* One that is not to be read is passed over, unless it is the last: then nobody knows how the chain
 * goes on. What never came to be a segment is none. */
static int load_segment(struct audit_spool *spool, uint64_t number, bool last)
{
	CLEANUP(audit_segment_done) struct audit_segment segment = {0};
	CLEANUP_CLOSE int fd = -1;
	int r = audit_segment_open(spool->directory, number, O_RDONLY, &segment, &fd);

	if (r == -ENODATA || (r == -EBADMSG && !last))
		return 0;
	if (r == 0 && !is_ours(spool, &segment.header))
		r = last ? -EBADMSG : 1;
	if (r != 0)
		return r < 0 ? r : 0;
	r = add_segment(spool, &segment);
	if (r == 0)
		segment = (struct audit_segment){0};
	return r;
}

static int load_segments(struct audit_spool *spool)
{
	CLEANUP_AUDIT_NUMBERS struct audit_numbers numbers = {0};
	int r = audit_numbers_list(spool->directory, &numbers);

	for (size_t i = 0; r == 0 && i < numbers.count; i++)
		r = load_segment(spool, numbers.list[i], i + 1 == numbers.count);
	return r;
}

/* What lies behind the last whole frame of the newest segment: what a crash left of one record is
 * cut off. More than that is damage, which stays as evidence, and another segment is begun. */
static int cut_torn(struct audit_spool *spool)
{
	struct audit_segment *segment = audit_spool_newest(spool);
	const uint64_t torn = segment->size - segment->end;

	spool->torn = torn;
	if (torn == 0)
		return 0;
	if (torn > AUDIT_FRAME_MAX) {
		close(spool->fd);
		spool->fd = -1;
		return 0;
	}
	segment->size = segment->end;
	return ftruncate(spool->fd, (off_t)segment->end) < 0 ? -errno : 0;
}

/* Look into the newest segment, and make ready to append to it. */
static int open_newest(struct audit_spool *spool, const struct org *org)
{
	struct audit_segment *segment = audit_spool_newest(spool), again = {0};
	int r = audit_segment_open(spool->directory, segment->header.first, O_RDWR, &again,
				   &spool->fd);

	if (r < 0)
		return r;
	segment->size = again.size;
	r = audit_segment_scan(segment, spool->fd);
	if (r < 0)
		return r;
	r = audit_segment_unlock(segment, spool->fd, org_key(org), spool->host);
	if (r == -EBADMSG) {
		/* Nobody can read it any more; the chain goes on behind it. */
		spool->text = segment->header.text + segment->size;
		close(spool->fd);
		spool->fd = -1;
		return 0;
	}
	if (r == 0)
		r = audit_text_end(segment, spool->fd, &spool->text);
	return r < 0 ? r : cut_torn(spool);
}

static void count_older(struct audit_spool *spool)
{
	spool->older = 0;
	for (size_t i = 0; i + 1 < spool->count; i++)
		spool->older += spool->list[i].size;
}

/* When the directory last changed: what an operator moves away is noticed by it. */
static struct timespec changed(const struct audit_spool *spool)
{
	struct stat st = {0};

	(void)!fstat(spool->directory, &st);
	return st.st_mtim;
}

int audit_spool_open(struct audit_spool *spool, const char *directory, const struct org *org)
{
	int r;

	spool->host = org_host(org);
	spool->org = org_id(org);
	spool->fd = -1;
	spool->directory = -1;
	r = open_directories(spool, directory);
	if (r < 0)
		return r;
	spool->changed = changed(spool);
	r = load_segments(spool);
	if (r == 0 && spool->count)
		r = open_newest(spool, org);
	if (r == 0)
		count_older(spool);
	return r;
}

uint64_t audit_spool_bytes(const struct audit_spool *spool)
{
	const struct audit_segment *segment = audit_spool_newest(spool);

	return spool->older + (segment ? segment->size : 0);
}

/* Drop what is no longer there, if anything in the directory has changed. */
void audit_spool_refresh(struct audit_spool *spool)
{
	const struct timespec now = changed(spool);
	size_t kept = 0;

	if (now.tv_sec == spool->changed.tv_sec && now.tv_nsec == spool->changed.tv_nsec)
		return;
	spool->changed = now;
	for (size_t i = 0; i < spool->count; i++) {
		char name[AUDIT_NAME_SIZE];

		audit_segment_name(spool->list[i].header.first, name);
		/* The newest is never to be moved, and what is open is still written. */
		if (i + 1 < spool->count &&
		    faccessat(spool->directory, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
		    errno == ENOENT)
			audit_segment_done(&spool->list[i]);
		else
			spool->list[kept++] = spool->list[i];
	}
	spool->count = kept;
	count_older(spool);
}

static uint64_t segment_limit(const struct audit_spool *spool)
{
	const uint64_t part = spool->limit / SEGMENTS;

	return part < SEGMENT_MIN ? SEGMENT_MIN : part > SEGMENT_MAX ? SEGMENT_MAX : part;
}

/* How a segment behind the newest one begins; one that holds no record is replaced. */
static struct audit_header next_header(const struct audit_spool *spool)
{
	const struct audit_segment *last = audit_spool_newest(spool);
	struct audit_header header = {
		.org = spool->org,
		.recipient = recipient_public_id(recipient_public(spool->host)),
		.first = last ? last->next : 1,
		.time = clock_now(),
		.text = spool->text,
	};

	if (last)
		header.previous = last->last ? last->head : last->header.previous;
	return header;
}

static int begin_segment(struct audit_spool *spool, const struct org *org)
{
	CLEANUP(audit_segment_done) struct audit_segment segment = {0};
	CLEANUP_SECRET struct secret *key = NULL;
	const struct audit_header header = next_header(spool);
	const struct audit_making making = {
		.directory = spool->directory,
		.header = &header,
		.epoch = org_key(org),
		.host = recipient_public(spool->host),
	};
	CLEANUP_CLOSE int fd = -1;
	int r = making.epoch ? audit_key_new(recipient_pool(spool->host), &key) : -EKEYREJECTED;

	if (r == 0)
		r = audit_segment_make(&making, TAKE_PTR(key), &segment, &fd);
	if (r == 0 && spool->count && !audit_spool_newest(spool)->last) {
		audit_segment_done(audit_spool_newest(spool));
		spool->count--;
	}
	if (r == 0)
		r = add_segment(spool, &segment);
	if (r < 0)
		return r;
	segment = (struct audit_segment){0};
	spool->fd = TAKE_FD(fd);
	spool->reserved = 0;
	spool->outdated = false;
	count_older(spool);
	spool->changed = changed(spool);
	return 0;
}

/* Wrap every segment under the organisation's present key; one that cannot be is the host's to open
 * still. The newest one gets no record any more: who was removed may have its key. */
static void rewrap(struct audit_spool *spool, const struct org *org)
{
	const struct epoch_key *key = org_key(org);
	int r = 0;

	if (!key || spool->epoch == epoch_key_epoch(key))
		return;
	spool->epoch = epoch_key_epoch(key);
	for (size_t i = 0; i < spool->count; i++) {
		struct audit_segment ignored = {0};
		CLEANUP_CLOSE int fd = -1;

		r = audit_segment_open(spool->directory, spool->list[i].header.first, O_RDWR,
				       &ignored, &fd);
		if (r == 0)
			r = audit_segment_rewrap(&spool->list[i], fd, org_key(org), spool->host);
	}
	if (r != 0)
		spool->outdated = true;
}

/* A segment that is done with vouches for itself, wherever it is moved to. */
static void sign_newest(struct audit_spool *spool)
{
	struct audit_segment *segment = audit_spool_newest(spool);
	const struct audit_record last = {
		.org = spool->org,
		.recipient = segment->header.recipient,
		.seq = segment->next - 1,
		.digest = segment->head,
	};
	uint8_t head[AUDIT_HEAD_SIZE];

	if (segment->signed_to == last.seq)
		return;
	audit_head_sign(&last, spool->host, head);
	if (pwrite(spool->fd, head, sizeof(head), (off_t)segment->end) != sizeof(head))
		return;
	segment->end += sizeof(head);
	segment->size = segment->end;
	segment->signed_to = last.seq;
}

int audit_spool_make_room(struct audit_spool *spool, const struct org *org, size_t frames)
{
	const uint64_t size = frames * AUDIT_FRAME_MAX, need = AUDIT_FRAMES_AT + size;

	rewrap(spool, org);
	if (audit_spool_bytes(spool) + need > spool->limit) {
		audit_spool_refresh(spool);
		if (audit_spool_bytes(spool) + need > spool->limit)
			return -EDQUOT;
	}
	if (spool->fd >= 0 && !spool->outdated &&
	    (!audit_spool_newest(spool)->last ||
	     audit_spool_newest(spool)->end + size <= segment_limit(spool)))
		return 0;
	if (spool->fd >= 0 && audit_spool_newest(spool)->last)
		sign_newest(spool);
	close_newest(spool);
	return begin_segment(spool, org);
}
