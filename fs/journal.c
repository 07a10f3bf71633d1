/*
 * A half is a sequence of records, each a header and its bytes, padded to eight. The one word in
 * the shared page says which half is in force and how far it goes. What lies behind that was never
 * published. The tag covers header and bytes, and the place: in the header's tag field, while the
 * tag is made.
 */
#include "fs/journal.h"

#include <string.h>
#include <sys/mman.h>

struct header {
	uint32_t size; /* of the bytes that follow */
	uint32_t kind;
	uint8_t tag[STATE_KEY_TAG_SIZE];
};

static const uint64_t half_bit = UINT64_C(1) << 63;

/* It is written anew when it is twice as long as it was then, and this longer. */
enum { LONG = 2 << 20 };

struct journal {
	struct shared *shared;
	const struct state_key *key;
	uint64_t half;	/* 0 or half_bit: where is written */
	uint64_t end;	/* of what was put, in that half */
	uint64_t last;	/* where the last record begins; `end` when it has its tag */
	uint64_t fresh; /* how long it was when it was written anew */
	bool full;
};

static uint8_t *half_of(const struct journal *journal, uint64_t word)
{
	return (uint8_t *)journal->shared + SHARED_PAGE + (word & half_bit ? shared_half : 0);
}

int journal_new(struct shared *shared, const struct state_key *key, struct journal **ret)
{
	struct journal *journal = calloc(1, sizeof *journal);
	const uint64_t word = shared->journal;

	if (!journal)
		return -ENOMEM;
	journal->shared = shared;
	journal->key = key;
	journal->half = word & half_bit;
	journal->end = word & ~half_bit;
	journal->last = journal->end;
	*ret = journal;
	return 0;
}

struct journal *journal_free(struct journal *journal)
{
	free(journal);
	return NULL;
}

static size_t padded(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

static void make_tag(const struct journal *journal, const uint8_t *record, uint64_t place,
		     uint8_t ret[STATE_KEY_TAG_SIZE])
{
	struct header header;
	uint8_t parts[sizeof header + STATE_KEY_TAG_SIZE];

	memcpy(&header, record, sizeof header);
	memcpy(header.tag, &place, sizeof header.tag);
	state_key_tag(journal->key, record + sizeof header, header.size, parts + sizeof header);
	memcpy(parts, &header, sizeof header);
	state_key_tag(journal->key, parts, sizeof parts, ret);
}

/* The record at a place, checked; `ret_next` is where the next one begins. */
static int check(const struct journal *journal, uint64_t place, struct header *ret,
		 uint64_t *ret_next)
{
	const uint8_t *record = half_of(journal, journal->half) + place;
	uint8_t tag[STATE_KEY_TAG_SIZE];

	if (journal->end - place < sizeof *ret)
		return -EBADMSG;
	memcpy(ret, record, sizeof *ret);
	if (journal->end - place - sizeof *ret < padded(ret->size))
		return -EBADMSG;
	make_tag(journal, record, place, tag);
	if (memcmp(tag, ret->tag, sizeof tag) != 0)
		return -EBADMSG;
	*ret_next = place + sizeof *ret + padded(ret->size);
	return 0;
}

static int walk(const struct journal *journal,
		int (*each)(void *context, unsigned kind, const uint8_t *bytes, size_t size),
		void *context)
{
	const uint8_t *base = half_of(journal, journal->half);
	struct header header;
	uint64_t next = 0;
	int r = 0;

	for (uint64_t place = 0; place < journal->end && r == 0; place = next) {
		r = check(journal, place, &header, &next);
		if (r == 0 && each)
			r = each(context, header.kind, base + place + sizeof header, header.size);
	}
	return r;
}

int journal_replay(const struct journal *journal,
		   int (*each)(void *context, unsigned kind, const uint8_t *bytes, size_t size),
		   void *context)
{
	int r = journal->end <= shared_half ? walk(journal, NULL, NULL) : -EBADMSG;

	return r < 0 ? r : walk(journal, each, context);
}

/* The record put last is filled by now. */
static void close_record(struct journal *journal)
{
	uint8_t *record = half_of(journal, journal->half) + journal->last;

	if (journal->last == journal->end)
		return;
	make_tag(journal, record, journal->last, record + offsetof(struct header, tag));
	journal->last = journal->end;
}

uint8_t *journal_put(struct journal *journal, unsigned kind, size_t size)
{
	const struct header header = {.size = (uint32_t)size, .kind = kind};
	uint8_t *record;

	close_record(journal);
	if (journal->full || sizeof header + padded(size) > shared_half - journal->end) {
		journal->full = true;
		return NULL;
	}
	record = half_of(journal, journal->half) + journal->end;
	memcpy(record, &header, sizeof header);
	journal->end += sizeof header + padded(size);
	return record + sizeof header;
}

void journal_append(struct journal *journal, unsigned kind, const void *fixed, size_t size,
		    struct journal_tail tail)
{
	uint8_t *record = journal_put(journal, kind, size + tail.size);

	if (!record)
		return;
	memcpy(record, fixed, size);
	if (tail.size)
		memcpy(record + size, tail.bytes, tail.size);
}

bool journal_is_open(const struct journal *journal)
{
	return (journal->half | journal->end) != journal->shared->journal;
}

/* Give the memory of a half back, but for what the next one takes at least: who gets fresh pages
 * waits for each. */
static void discard(struct journal *journal, uint64_t half)
{
	(void)!madvise(half_of(journal, half) + LONG, shared_half - LONG, MADV_REMOVE);
}

void journal_publish(struct journal *journal)
{
	const uint64_t before = journal->shared->journal;

	close_record(journal);
	if (journal->full) {
		journal->end = 0;
		journal->last = 0;
	}
	atomic_store_explicit(&journal->shared->journal, journal->half | journal->end,
			      memory_order_release);
	if ((before & half_bit) != journal->half) {
		journal->fresh = journal->end;
		discard(journal, before & half_bit);
	}
}

bool journal_is_long(const struct journal *journal)
{
	return journal->full || journal->end > 2 * journal->fresh + LONG;
}

void journal_restart(struct journal *journal)
{
	journal->half ^= half_bit;
	journal->end = 0;
	journal->last = 0;
	journal->full = false;
}
