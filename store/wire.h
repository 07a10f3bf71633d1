/*
 * Wire: the bytes of everything that is signed, sealed or stored. Numbers are little endian; there
 * is no alignment. A writer grows on the heap up to its limit, a reader walks over bytes it does
 * not own; both remember the first failure, so that a codec checks once, at its end. Not for
 * secrets: a writer's bytes are not wiped. One thread at a time.
 */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "store/cleanup.h"

struct wire_writer {
	uint8_t *bytes;
	size_t size;
	size_t room;
	size_t limit;
	int error;
};

struct wire_reader {
	const uint8_t *at;
	size_t left;
	bool failed;
};

/* An empty writer of at most `limit` bytes. */
static inline struct wire_writer wire_writer(size_t limit)
{
	return (struct wire_writer){.limit = limit};
}

void wire_writer_done(struct wire_writer *writer);
#define CLEANUP_WIRE CLEANUP(wire_writer_done)

void wire_put(struct wire_writer *writer, const void *bytes, size_t size);
void wire_put_u8(struct wire_writer *writer, uint8_t value);
void wire_put_u16(struct wire_writer *writer, uint16_t value);
void wire_put_u32(struct wire_writer *writer, uint32_t value);
void wire_put_u64(struct wire_writer *writer, uint64_t value);

/* Take what was written; the caller frees `ret`. -EFBIG when it passed the limit, -ENOMEM. */
int wire_take(struct wire_writer *writer, uint8_t **ret, size_t *ret_size) MUST_CHECK;

static inline struct wire_reader wire_reader(const uint8_t *bytes, size_t size)
{
	return (struct wire_reader){.at = bytes, .left = size};
}

/* The next `size` bytes, borrowed from what is read; NULL when there are fewer. */
const uint8_t *wire_get(struct wire_reader *reader, size_t size);

/* The next `size` bytes, copied; all zero when there are fewer. */
void wire_get_bytes(struct wire_reader *reader, void *ret, size_t size);

/* The next number; 0 when there are too few bytes. */
uint8_t wire_get_u8(struct wire_reader *reader);
uint16_t wire_get_u16(struct wire_reader *reader);
uint32_t wire_get_u32(struct wire_reader *reader);
uint64_t wire_get_u64(struct wire_reader *reader);

/* A 32-bit count of things of at least `each` bytes; 0 and a failed reader when so many cannot
 * follow. Ask before anything is allocated for them. */
uint32_t wire_get_count(struct wire_reader *reader, size_t each);

/* 0 when everything was read and nothing was missing, else -EBADMSG. */
int wire_end(const struct wire_reader *reader) MUST_CHECK;

/* Store into room that is known to suffice; the place after it is returned. */
uint8_t *wire_store(uint8_t *at, const void *bytes, size_t size);

static inline uint8_t *wire_store_u8(uint8_t *at, uint8_t value)
{
	*at = value;
	return at + 1;
}

static inline uint8_t *wire_store_u32(uint8_t *at, uint32_t value)
{
	uint32_t coded = htole32(value);

	return wire_store(at, &coded, sizeof(coded));
}

static inline uint8_t *wire_store_u64(uint8_t *at, uint64_t value)
{
	uint64_t coded = htole64(value);

	return wire_store(at, &coded, sizeof(coded));
}
