#include "store/audit_text.h"

#include <string.h>

/* One opened record. */
struct opened {
	uint8_t *room;
	const struct audit_segment *segment;
	struct audit_line line;
	bool found;
};

static int open_first(void *context, const struct audit_frame *frame, uint64_t offset)
{
	struct opened *opened = context;

	(void)offset;
	if (!frame || frame->type != AUDIT_RECORD)
		return 0;
	opened->found =
		audit_frame_is_whole(frame) &&
		audit_frame_open(frame, opened->segment->key, opened->room, &opened->line) == 0;
	return opened->found;
}

/* Where the line of the first record from a mark on that opens begins. */
static int learn_mark(const struct audit_segment *segment, int fd, struct audit_mark *mark)
{
	uint8_t room[AUDIT_FRAME_MAX];
	struct opened opened = {.room = room, .segment = segment};
	const struct audit_walk walk = {fd, &segment->header, mark->offset};
	uint64_t end;
	int r;

	if (mark->text != UINT64_MAX)
		return 0;
	r = audit_walk(&walk, open_first, &opened, &end);
	if (opened.found)
		mark->text = opened.line.text;
	return r < 0 ? r : 0;
}

/* Where to begin to look for a place in the text: the last mark that is not behind it. */
static int find_mark(struct audit_segment *segment, int fd, uint64_t text, uint64_t *ret)
{
	size_t low = 0, high = segment->mark_count;

	*ret = AUDIT_FRAMES_AT;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		struct audit_mark *mark = &segment->marks[middle];
		int r = learn_mark(segment, fd, mark);

		if (r < 0)
			return r;
		if (mark->text <= text) {
			*ret = mark->offset;
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return 0;
}

struct measuring {
	struct opened opened;
	uint64_t end;
};

static int measure_line(void *context, const struct audit_frame *frame, uint64_t offset)
{
	struct measuring *measuring = context;
	const struct audit_line *line = &measuring->opened.line;

	if (open_first(&measuring->opened, frame, offset))
		measuring->end = line->text + line->size;
	else if (frame && frame->type == AUDIT_RECORD)
		measuring->end += frame->size;
	return 0;
}

int audit_text_end(struct audit_segment *segment, int fd, uint64_t *ret)
{
	uint8_t room[AUDIT_FRAME_MAX];
	struct measuring measuring = {{.room = room, .segment = segment}, segment->header.text};
	struct audit_walk walk = {fd, &segment->header, AUDIT_FRAMES_AT};
	uint64_t end;
	int r;

	if (segment->mark_count) {
		walk.from = segment->marks[segment->mark_count - 1].offset;
		/* Whatever stands before it took more room than its text. */
		measuring.end += walk.from - AUDIT_FRAMES_AT;
	}
	r = audit_walk(&walk, measure_line, &measuring, &end);
	if (r == 0)
		*ret = measuring.end;
	return r;
}

static void put(struct audit_copy *copy, const char *bytes, size_t size)
{
	size_t length = size < copy->room ? size : copy->room;

	if (bytes)
		memcpy(copy->at, bytes, length);
	else
		memset(copy->at, ' ', length);
	copy->text += length;
	copy->at += length;
	copy->room -= length;
}

/* Nothing to be seen up to `to`: a blank line, so that what follows stays where it was. */
static void put_blank(struct audit_copy *copy, uint64_t to)
{
	if (copy->text >= to)
		return;
	put(copy, NULL, to - copy->text - 1);
	if (copy->room)
		put(copy, "\n", 1);
}

struct copying_lines {
	struct audit_copy *copy;
	struct opened opened;
};

static int copy_line(void *context, const struct audit_frame *frame, uint64_t offset)
{
	struct copying_lines *lines = context;
	const struct audit_line *line = &lines->opened.line;
	struct audit_copy *copy = lines->copy;

	if (open_first(&lines->opened, frame, offset) == 0)
		return 0;
	if (line->text > copy->stop || line->size > copy->stop - line->text)
		return 0;
	put_blank(copy, line->text);
	if (copy->room && copy->text < line->text + line->size) {
		const size_t skip = copy->text - line->text;

		put(copy, line->bytes + skip, line->size - skip);
	}
	return copy->room == 0;
}

int audit_text_copy(struct audit_segment *segment, int fd, struct audit_copy *copy)
{
	uint8_t room[AUDIT_FRAME_MAX];
	struct copying_lines lines = {copy, {.room = room, .segment = segment}};
	struct audit_walk walk = {.fd = fd, .header = &segment->header};
	uint64_t end;
	int r = find_mark(segment, fd, copy->text, &walk.from);

	if (r == 0)
		r = audit_walk(&walk, copy_line, &lines, &end);
	if (r < 0)
		return r;
	if (copy->room)
		put_blank(copy, copy->stop);
	return 0;
}
