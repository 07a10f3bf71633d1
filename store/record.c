#include "store/record.h"

#include <sodium.h>
#include <string.h>

#include "store/seal.h"
#include "store/wire.h"

/*
 * The payload: format u8, then tags: tag u8, length u32, bytes. A member that is zero, false or
 * empty is not written, so that a record takes only what it uses. Tags of a later version are kept,
 * coded as they came, behind those of this one.
 */
enum { RECORD_FORMAT = 1, RECORD_NAME_MAX = 255, RECORD_TEXT_MAX = 64 * 1024 };

enum member_type { MEMBER_ID, MEMBER_STRING, MEMBER_NUMBER, MEMBER_BOOL };

struct member {
	uint8_t tag; /* part of the format */
	enum member_type type;
	size_t offset;
	size_t max; /* bytes of a string */
};

static const struct member members[] = {
	{1, MEMBER_ID, offsetof(struct record, parent), 0},
	{2, MEMBER_ID, offsetof(struct record, target), 0},
	{3, MEMBER_STRING, offsetof(struct record, name), RECORD_NAME_MAX},
	{4, MEMBER_STRING, offsetof(struct record, text), RECORD_TEXT_MAX},
	{5, MEMBER_NUMBER, offsetof(struct record, created), 0},
	{6, MEMBER_NUMBER, offsetof(struct record, updated), 0},
	{7, MEMBER_NUMBER, offsetof(struct record, value_version), 0},
	{8, MEMBER_NUMBER, offsetof(struct record, value_last), 0},
	{9, MEMBER_NUMBER, offsetof(struct record, value_size), 0},
	{10, MEMBER_BOOL, offsetof(struct record, secret), 0},
	{11, MEMBER_ID, offsetof(struct record, salt), 0},
	{12, MEMBER_NUMBER, offsetof(struct record, orphaned), 0},
};
enum { MEMBERS = sizeof(members) / sizeof(members[0]) };
_Static_assert(MEMBERS <= 32, "a bit for each in the mask of those seen");

static void put_tag(struct wire_writer *writer, const struct member *member, size_t size)
{
	wire_put_u8(writer, member->tag);
	wire_put_u32(writer, (uint32_t)size);
}

static void put_id(struct wire_writer *writer, const struct member *member, const void *at)
{
	const struct record_id *id = at;

	if (record_id_is_zero(*id))
		return;
	put_tag(writer, member, ID_SIZE);
	wire_put(writer, id->bytes, ID_SIZE);
}

static void put_string(struct wire_writer *writer, const struct member *member, const void *at)
{
	const char *string = *(char *const *)at;
	size_t size = string ? strlen(string) : 0;

	if (size == 0)
		return;
	if (size > member->max) {
		writer->error = -EFBIG;
		return;
	}
	put_tag(writer, member, size);
	wire_put(writer, string, size);
}

static void put_number(struct wire_writer *writer, const struct member *member, const void *at)
{
	const uint64_t *number = at;

	if (*number == 0)
		return;
	put_tag(writer, member, sizeof(*number));
	wire_put_u64(writer, *number);
}

static void put_bool(struct wire_writer *writer, const struct member *member, const void *at)
{
	const bool *flag = at;

	if (!*flag)
		return;
	put_tag(writer, member, 1);
	wire_put_u8(writer, 1);
}

static int get_id(struct wire_reader *reader, const struct member *member, void *at)
{
	struct record_id *id = at;

	(void)member;
	wire_get_bytes(reader, id->bytes, ID_SIZE);
	return wire_end(reader);
}

static int get_string(struct wire_reader *reader, const struct member *member, void *at)
{
	const uint8_t *bytes = reader->at;
	size_t size = reader->left;
	char **string = at;

	if (size > member->max || memchr(bytes, '\0', size))
		return -EBADMSG;
	if (size == 0)
		return 0;
	*string = strndup((const char *)bytes, size);
	return *string ? 0 : -ENOMEM;
}

static int get_number(struct wire_reader *reader, const struct member *member, void *at)
{
	uint64_t *number = at;

	(void)member;
	*number = wire_get_u64(reader);
	return wire_end(reader);
}

static int get_bool(struct wire_reader *reader, const struct member *member, void *at)
{
	uint8_t value = wire_get_u8(reader);
	bool *flag = at;

	(void)member;
	if (value > 1)
		return -EBADMSG;
	*flag = value == 1;
	return wire_end(reader);
}

static const struct {
	void (*put)(struct wire_writer *writer, const struct member *member, const void *at);
	int (*get)(struct wire_reader *reader, const struct member *member, void *at);
} codecs[] = {
	[MEMBER_ID] = {put_id, get_id},
	[MEMBER_STRING] = {put_string, get_string},
	[MEMBER_NUMBER] = {put_number, get_number},
	[MEMBER_BOOL] = {put_bool, get_bool},
};

static void *member_of(struct record *record, const struct member *member)
{
	return (uint8_t *)record + member->offset;
}

static const void *member_view(const struct record *record, const struct member *member)
{
	return (const uint8_t *)record + member->offset;
}

void record_done(struct record *record)
{
	free(record->name);
	free(record->text);
	free(record->unknown);
	*record = (struct record){0};
}

int record_copy(const struct record *record, struct record *ret)
{
	CLEANUP_RECORD struct record copy = *record;

	copy.name = record->name ? strdup(record->name) : NULL;
	copy.text = record->text ? strdup(record->text) : NULL;
	copy.unknown = record->unknown ? malloc(record->unknown_size) : NULL;
	if (copy.unknown)
		memcpy(copy.unknown, record->unknown, record->unknown_size);
	if (!copy.name != !record->name || !copy.text != !record->text ||
	    !copy.unknown != !record->unknown)
		return -ENOMEM;

	*ret = copy;
	copy = (struct record){0};
	return 0;
}

struct relations record_relations(const struct record *record)
{
	static const char domain[] = "credfs relations v1";
	uint8_t coded[sizeof(domain) - 1 + ID_SIZE + 4 + 3 * ID_SIZE + 1];
	struct relations relations;
	uint8_t *at = coded;

	at = wire_store(at, domain, sizeof(domain) - 1);
	at = wire_store(at, record->salt.bytes, ID_SIZE);
	at = wire_store_u32(at, record->kind);
	at = wire_store(at, record->id.bytes, ID_SIZE);
	at = wire_store(at, record->parent.bytes, ID_SIZE);
	at = wire_store(at, record->target.bytes, ID_SIZE);
	wire_store_u8(at, record->secret);
	crypto_generichash(relations.bytes, ID_SIZE, coded, sizeof(coded), NULL, 0);
	return relations;
}

int record_encode(const struct record *record, uint8_t **ret, size_t *ret_size)
{
	CLEANUP_WIRE struct wire_writer writer = wire_writer(SEAL_PLAIN_MAX);

	wire_put_u8(&writer, RECORD_FORMAT);
	for (size_t i = 0; i < MEMBERS; i++)
		codecs[members[i].type].put(&writer, &members[i], member_view(record, &members[i]));
	wire_put(&writer, record->unknown, record->unknown_size);
	return wire_take(&writer, ret, ret_size);
}

/* Take one tag into its member, or among the unknown ones. */
static int get_tag(struct wire_reader *reader, uint32_t *seen, struct wire_writer *unknown,
		   struct record *record)
{
	const uint8_t *start = reader->at;
	uint8_t tag = wire_get_u8(reader);
	uint32_t size = wire_get_u32(reader);
	const uint8_t *bytes = wire_get(reader, size);
	struct wire_reader value;

	if (reader->failed)
		return -EBADMSG;
	for (size_t i = 0; i < MEMBERS; i++) {
		if (members[i].tag != tag)
			continue;
		if (*seen & 1U << i)
			return -EBADMSG;
		*seen |= 1U << i;
		value = wire_reader(bytes, size);
		return codecs[members[i].type].get(&value, &members[i],
						   member_of(record, &members[i]));
	}
	wire_put(unknown, start, (size_t)(reader->at - start));
	return 0;
}

int record_decode(const uint8_t *bytes, size_t size, struct record *ret)
{
	CLEANUP_WIRE struct wire_writer unknown = wire_writer(SEAL_PLAIN_MAX);
	CLEANUP_RECORD struct record record = {0};
	struct wire_reader reader = wire_reader(bytes, size);
	const uint8_t format = wire_get_u8(&reader);
	uint32_t seen = 0;
	int r;

	if (size > SEAL_PLAIN_MAX || format == 0)
		return -EBADMSG;
	if (format > RECORD_FORMAT)
		return -EPROTONOSUPPORT;
	while (reader.left > 0) {
		r = get_tag(&reader, &seen, &unknown, &record);
		if (r < 0)
			return r;
	}
	if (unknown.size > 0 || unknown.error) {
		r = wire_take(&unknown, &record.unknown, &record.unknown_size);
		if (r < 0)
			return r;
	}

	*ret = record;
	record = (struct record){0};
	return 0;
}
