#include "store/wire.h"

enum { WIRE_ROOM_MIN = 256 };

void wire_writer_done(struct wire_writer *writer)
{
	free(writer->bytes);
	*writer = (struct wire_writer){0};
}

/* Room for `size` more bytes at the end; NULL once the writer has failed. */
static uint8_t *wire_grow(struct wire_writer *writer, size_t size)
{
	size_t room = writer->room ? writer->room : WIRE_ROOM_MIN;
	uint8_t *bytes;

	if (writer->error)
		return NULL;
	if (size > writer->limit - writer->size) {
		writer->error = -EFBIG;
		return NULL;
	}

	while (room - writer->size < size)
		room *= 2;
	if (!writer->bytes || room > writer->room) {
		bytes = realloc(writer->bytes, room);
		if (!bytes) {
			writer->error = -ENOMEM;
			return NULL;
		}
		writer->bytes = bytes;
		writer->room = room;
	}

	bytes = writer->bytes + writer->size;
	writer->size += size;
	return bytes;
}

void wire_put(struct wire_writer *writer, const void *bytes, size_t size)
{
	uint8_t *to = wire_grow(writer, size);

	if (to && size > 0)
		memcpy(to, bytes, size);
}

void wire_put_u8(struct wire_writer *writer, uint8_t value)
{
	wire_put(writer, &value, sizeof(value));
}

void wire_put_u16(struct wire_writer *writer, uint16_t value)
{
	uint16_t coded = htole16(value);

	wire_put(writer, &coded, sizeof(coded));
}

void wire_put_u32(struct wire_writer *writer, uint32_t value)
{
	uint32_t coded = htole32(value);

	wire_put(writer, &coded, sizeof(coded));
}

void wire_put_u64(struct wire_writer *writer, uint64_t value)
{
	uint64_t coded = htole64(value);

	wire_put(writer, &coded, sizeof(coded));
}

int wire_take(struct wire_writer *writer, uint8_t **ret, size_t *ret_size)
{
	/* What is empty has a place of its own too. */
	wire_grow(writer, 0);
	if (writer->error)
		return writer->error;

	*ret = TAKE_PTR(writer->bytes);
	*ret_size = writer->size;
	wire_writer_done(writer);
	return 0;
}

const uint8_t *wire_get(struct wire_reader *reader, size_t size)
{
	const uint8_t *at = reader->at;

	if (reader->failed || size > reader->left) {
		reader->failed = true;
		return NULL;
	}
	reader->at += size;
	reader->left -= size;
	return at;
}

void wire_get_bytes(struct wire_reader *reader, void *ret, size_t size)
{
	const uint8_t *bytes = wire_get(reader, size);

	if (bytes)
		memcpy(ret, bytes, size);
	else
		memset(ret, 0, size);
}

uint8_t wire_get_u8(struct wire_reader *reader)
{
	uint8_t value;

	wire_get_bytes(reader, &value, sizeof(value));
	return value;
}

uint16_t wire_get_u16(struct wire_reader *reader)
{
	uint16_t coded;

	wire_get_bytes(reader, &coded, sizeof(coded));
	return le16toh(coded);
}

uint32_t wire_get_u32(struct wire_reader *reader)
{
	uint32_t coded;

	wire_get_bytes(reader, &coded, sizeof(coded));
	return le32toh(coded);
}

uint64_t wire_get_u64(struct wire_reader *reader)
{
	uint64_t coded;

	wire_get_bytes(reader, &coded, sizeof(coded));
	return le64toh(coded);
}

uint32_t wire_get_count(struct wire_reader *reader, size_t each)
{
	uint32_t count = wire_get_u32(reader);

	if (count > reader->left / each) {
		reader->failed = true;
		return 0;
	}
	return count;
}

int wire_end(const struct wire_reader *reader)
{
	return reader->failed || reader->left > 0 ? -EBADMSG : 0;
}

/* Not inline: with the sanitizers' checks for NULL in it gcc warns of copying to nowhere. */
uint8_t *wire_store(uint8_t *at, const void *bytes, size_t size)
{
	memcpy(at, bytes, size);
	return at + size;
}
