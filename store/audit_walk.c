#include "store/audit_walk.h"

enum { CHUNK = 64 * 1024 };
_Static_assert((int)CHUNK > (int)AUDIT_FRAME_MAX, "a frame fits into the window");

/* A window of a file, and where the walk has come to in it. */
struct window {
	int fd;
	uint8_t *bytes;
	size_t size;
	size_t at;
	uint64_t offset; /* of the window */
	bool last;	 /* nothing comes behind it */
	bool lost;	 /* what stands here is no frame: the next one is looked for */
};

static int refill(struct window *window)
{
	size_t got = 0;

	window->offset += window->at;
	window->at = 0;
	while (got < CHUNK) {
		const ssize_t n = pread(window->fd, window->bytes + got, CHUNK - got,
					(off_t)(window->offset + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	window->size = got;
	window->last = got < CHUNK;
	return 0;
}

/* The frame at the window's place: -EAGAIN when the window must move on. After something that is no
 * frame only one that is beyond doubt counts. */
static int look(struct window *window, const struct audit_header *header, struct audit_frame *ret)
{
	int r = audit_frame_decode(window->bytes + window->at, window->size - window->at,
				   header->org, ret);

	if (r == 0 && !recipient_id_equal(ret->record.recipient, header->recipient))
		r = -EBADMSG;
	if (r == 0 && window->lost && !(ret->type == AUDIT_RECORD && audit_frame_is_whole(ret)))
		r = -EBADMSG;
	if (r == -EAGAIN && window->last && window->at < window->size)
		r = -EBADMSG;
	return r;
}

static int go(struct window *window, const struct audit_header *header, audit_walk_fn *each,
	      void *context, uint64_t *ret_end)
{
	int r = refill(window);

	while (r == 0 && window->size) {
		struct audit_frame frame;

		r = look(window, header, &frame);
		if (r == -EAGAIN && window->last)
			return 0;
		if (r == -EAGAIN) {
			r = refill(window);
			continue;
		}
		if (r == -EBADMSG) {
			window->lost = true;
			window->at++;
			r = 0;
			continue;
		}
		if (window->lost)
			r = each(context, NULL, *ret_end);
		window->lost = false;
		if (r == 0)
			r = each(context, &frame, window->offset + window->at);
		window->at += frame.size;
		*ret_end = window->offset + window->at;
	}
	return r;
}

int audit_walk(const struct audit_walk *walk, audit_walk_fn *each, void *context, uint64_t *ret_end)
{
	CLEANUP_FREE uint8_t *bytes = malloc(CHUNK);
	struct window window = {.fd = walk->fd, .bytes = bytes, .offset = walk->from};

	if (!bytes)
		return -ENOMEM;
	*ret_end = window.offset;
	return go(&window, walk->header, each, context, ret_end);
}
