#include "store/entry.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "store/wire.h"

static const char sign_domain[] = "credfs log v1";

enum {
	HEAD_SIZE = 1 + 1 + ID_SIZE + 8 + DIGEST_SIZE + 8 + ID_SIZE + 2 * DIGEST_SIZE + 4,
	MEMBER_SIZE = 1 + sizeof(struct recipient_public),
	EPOCH_SIZE = 4 + 2 * DIGEST_SIZE,
	ROW_SIZE = 1 + 4 + ID_SIZE + 8 + 4 + ID_SIZE + DIGEST_SIZE,
	LENGTH_SIZE = 4,
	/* Engines count with 64 signed bits. */
	NUMBER_MAX_BITS = 63,
};

/* Which types there are, and which part each has. */
static const struct {
	bool known;
	bool membership;
	bool abandoned;
} types[] = {
	[ENTRY_GENESIS] = {.known = true, .membership = true},
	[ENTRY_ADD] = {.known = true, .membership = true},
	[ENTRY_REMOVE] = {.known = true, .membership = true},
	[ENTRY_EPOCH] = {.known = true, .membership = true},
	[ENTRY_CHANGE] = {.known = true},
	[ENTRY_RECOVER] = {.known = true, .abandoned = true},
	[ENTRY_RETIRE] = {.known = true, .membership = true},
};
_Static_assert(sizeof(types) / sizeof(types[0]) == ENTRY_TYPES, "a row for each type");

void entry_done(struct entry *entry)
{
	free(entry->epochs);
	free(entry->members);
	free(entry->rows);
	*entry = (struct entry){0};
}

static void put_membership(struct wire_writer *writer, const struct entry *entry)
{
	wire_put_u8(writer, ENTRY_SUITE);
	wire_put(writer, entry->nonce, sizeof(entry->nonce));
	wire_put_u32(writer, (uint32_t)entry->epoch_count);
	for (size_t i = 0; i < entry->epoch_count; i++) {
		wire_put_u32(writer, entry->epochs[i].number);
		wire_put(writer, entry->epochs[i].commitment.bytes, DIGEST_SIZE);
		wire_put(writer, entry->epochs[i].wrapset.bytes, DIGEST_SIZE);
	}
	wire_put_u32(writer, (uint32_t)entry->member_count);
	for (size_t i = 0; i < entry->member_count; i++) {
		wire_put_u8(writer, (uint8_t)entry->members[i].can);
		wire_put(writer, &entry->members[i].public, sizeof(struct recipient_public));
	}
}

static void put_abandoned(struct wire_writer *writer, const struct entry *entry)
{
	wire_put_u64(writer, entry->abandoned.generation);
	wire_put(writer, entry->abandoned.head.bytes, DIGEST_SIZE);
}

static void put_rows(struct wire_writer *writer, const struct entry *entry)
{
	wire_put_u32(writer, (uint32_t)entry->row_count);
	for (size_t i = 0; i < entry->row_count; i++) {
		const struct entry_row *row = &entry->rows[i];

		wire_put_u8(writer, (uint8_t)row->ref.table);
		wire_put_u32(writer, row->ref.kind);
		wire_put(writer, row->ref.id.bytes, ID_SIZE);
		wire_put_u64(writer, row->ref.version);
		wire_put_u32(writer, row->ref.epoch);
		wire_put(writer, row->ref.relations.bytes, ID_SIZE);
		wire_put(writer, row->digest.bytes, DIGEST_SIZE);
	}
}

static void put_head(struct wire_writer *writer, const struct entry *entry)
{
	wire_put_u8(writer, ENTRY_FORMAT);
	wire_put_u8(writer, (uint8_t)entry->type);
	wire_put(writer, entry->org.bytes, ID_SIZE);
	wire_put_u64(writer, entry->generation);
	wire_put(writer, entry->previous.bytes, DIGEST_SIZE);
	wire_put_u64(writer, entry->time);
	wire_put(writer, entry->signer.bytes, ID_SIZE);
	wire_put(writer, entry->root.bytes, DIGEST_SIZE);
	wire_put(writer, entry->member_head.bytes, DIGEST_SIZE);
}

int entry_sign(struct entry *entry, const struct recipient *signer, uint8_t **ret, size_t *ret_size)
{
	CLEANUP_WIRE struct wire_writer writer = wire_writer(ENTRY_MAX);
	uint8_t signature[RECIPIENT_SIGNATURE_SIZE];

	assert((size_t)entry->type < ENTRY_TYPES && types[entry->type].known);

	/* Counts are coded with 32 bits, and much less fits. */
	if (entry->epoch_count > ENTRY_MAX || entry->member_count > ENTRY_MAX ||
	    entry->row_count > ENTRY_MAX)
		return -EFBIG;

	entry->signer = recipient_public_id(recipient_public(signer));
	put_head(&writer, entry);
	wire_put_u32(&writer, 0);
	if (types[entry->type].membership)
		put_membership(&writer, entry);
	if (types[entry->type].abandoned)
		put_abandoned(&writer, entry);
	put_rows(&writer, entry);
	if (writer.error)
		return writer.error;

	wire_store_u32(writer.bytes + HEAD_SIZE - LENGTH_SIZE, (uint32_t)(writer.size - HEAD_SIZE));
	recipient_sign(signer, sign_domain, writer.bytes, writer.size, signature);
	wire_put(&writer, signature, sizeof(signature));
	return wire_take(&writer, ret, ret_size);
}

/* A number that an engine can keep; one that it cannot fails the reader. */
static uint64_t get_number(struct wire_reader *reader)
{
	uint64_t number = wire_get_u64(reader);

	if (number >> NUMBER_MAX_BITS)
		reader->failed = true;
	return number;
}

static int get_head(struct wire_reader *reader, struct entry *entry)
{
	uint8_t format = wire_get_u8(reader);
	uint8_t type = wire_get_u8(reader);
	uint32_t length;

	if (reader->failed)
		return -EBADMSG;
	if (format != ENTRY_FORMAT || type >= ENTRY_TYPES || !types[type].known)
		return -EPROTONOSUPPORT;

	entry->type = type;
	wire_get_bytes(reader, entry->org.bytes, ID_SIZE);
	entry->generation = get_number(reader);
	wire_get_bytes(reader, entry->previous.bytes, DIGEST_SIZE);
	entry->time = wire_get_u64(reader);
	wire_get_bytes(reader, entry->signer.bytes, ID_SIZE);
	wire_get_bytes(reader, entry->root.bytes, DIGEST_SIZE);
	wire_get_bytes(reader, entry->member_head.bytes, DIGEST_SIZE);
	length = wire_get_u32(reader);
	if (reader->failed || reader->left < RECIPIENT_SIGNATURE_SIZE ||
	    reader->left - RECIPIENT_SIGNATURE_SIZE != length)
		return -EBADMSG;

	/* The body alone is left to read. */
	reader->left = length;
	return 0;
}

/* Ascending, so that the last is the newest and none comes twice. */
static int get_epochs(struct wire_reader *reader, struct entry *entry)
{
	size_t count = wire_get_count(reader, EPOCH_SIZE);

	if (reader->failed || count == 0)
		return -EBADMSG;
	entry->epochs = calloc(count, sizeof(entry->epochs[0]));
	if (!entry->epochs)
		return -ENOMEM;
	entry->epoch_count = count;
	for (size_t i = 0; i < count; i++) {
		struct entry_epoch *epoch = &entry->epochs[i];

		epoch->number = wire_get_u32(reader);
		wire_get_bytes(reader, epoch->commitment.bytes, DIGEST_SIZE);
		wire_get_bytes(reader, epoch->wrapset.bytes, DIGEST_SIZE);
		if (epoch->number == 0 || (i > 0 && epoch->number <= epoch[-1].number))
			return -EBADMSG;
	}
	return 0;
}

static int get_members(struct wire_reader *reader, struct entry *entry)
{
	size_t count = wire_get_count(reader, MEMBER_SIZE);

	if (reader->failed)
		return -EBADMSG;
	if (count == 0)
		return 0;
	entry->members = calloc(count, sizeof(entry->members[0]));
	if (!entry->members)
		return -ENOMEM;
	entry->member_count = count;
	for (size_t i = 0; i < count; i++) {
		struct entry_member *member = &entry->members[i];
		uint8_t can = wire_get_u8(reader);

		if (can < CAN_READ || can > CAN_MANAGE)
			return -EBADMSG;
		member->can = can;
		wire_get_bytes(reader, &member->public, sizeof(member->public));
	}
	return 0;
}

static int get_membership(struct wire_reader *reader, struct entry *entry)
{
	uint8_t suite = wire_get_u8(reader);
	int r;

	if (reader->failed)
		return -EBADMSG;
	if (suite != ENTRY_SUITE)
		return -EPROTONOSUPPORT;
	wire_get_bytes(reader, entry->nonce, sizeof(entry->nonce));
	r = get_epochs(reader, entry);
	return r < 0 ? r : get_members(reader, entry);
}

/* No log is without its first entry. */
static int get_abandoned(struct wire_reader *reader, struct entry *entry)
{
	entry->abandoned.generation = get_number(reader);
	wire_get_bytes(reader, entry->abandoned.head.bytes, DIGEST_SIZE);
	return reader->failed || entry->abandoned.generation <= 1 ? -EBADMSG : 0;
}

static int get_part(struct wire_reader *reader, struct entry *entry)
{
	if (types[entry->type].membership)
		return get_membership(reader, entry);
	return types[entry->type].abandoned ? get_abandoned(reader, entry) : 0;
}

/* Whether the row is in a table that the log speaks of, and only an item that is there has
 * relations. */
static bool row_is_consistent(const struct entry_row *row)
{
	static const struct relations none;

	if (row->ref.table != ROW_ITEM && row->ref.table != ROW_VALUE)
		return false;
	return (row->ref.table == ROW_ITEM && !digest_is_zero(&row->digest)) ||
	       relations_equal(&row->ref.relations, &none);
}

static int get_rows(struct wire_reader *reader, struct entry *entry)
{
	size_t count = wire_get_count(reader, ROW_SIZE);

	if (reader->failed)
		return -EBADMSG;
	if (count == 0)
		return 0;
	entry->rows = calloc(count, sizeof(entry->rows[0]));
	if (!entry->rows)
		return -ENOMEM;
	entry->row_count = count;
	for (size_t i = 0; i < count; i++) {
		struct entry_row *row = &entry->rows[i];

		row->ref.table = wire_get_u8(reader);
		row->ref.kind = wire_get_u32(reader);
		wire_get_bytes(reader, row->ref.id.bytes, ID_SIZE);
		row->ref.version = get_number(reader);
		row->ref.epoch = wire_get_u32(reader);
		wire_get_bytes(reader, row->ref.relations.bytes, ID_SIZE);
		wire_get_bytes(reader, row->digest.bytes, DIGEST_SIZE);
		if (!row_is_consistent(row))
			return -EBADMSG;
	}
	return 0;
}

/* Whether the first entry, and no other, stands on nothing. */
static bool genesis_is_consistent(const struct entry *entry)
{
	static const struct org_id none = {{0}};
	bool first = entry->generation == 1 && org_id_equal(entry->org, none) &&
		     digest_is_zero(&entry->previous) && digest_is_zero(&entry->member_head) &&
		     entry->row_count == 0;

	return entry->type == ENTRY_GENESIS ? first : entry->generation > 1;
}

int entry_decode(const uint8_t *bytes, size_t size, struct entry *ret)
{
	CLEANUP_ENTRY struct entry entry = {0};
	struct wire_reader reader = wire_reader(bytes, size);
	int r;

	if (size > ENTRY_MAX)
		return -EBADMSG;
	r = get_head(&reader, &entry);
	if (r < 0)
		return r;
	r = get_part(&reader, &entry);
	if (r < 0)
		return r;
	r = get_rows(&reader, &entry);
	if (r < 0)
		return r;
	r = wire_end(&reader);
	if (r < 0)
		return r;
	if (!genesis_is_consistent(&entry))
		return -EBADMSG;

	*ret = entry;
	entry = (struct entry){0};
	return 0;
}

int entry_verify(const uint8_t *bytes, size_t size, const struct recipient_public *signer)
{
	if (size < HEAD_SIZE + RECIPIENT_SIGNATURE_SIZE || size > ENTRY_MAX)
		return -EBADMSG;
	size -= RECIPIENT_SIGNATURE_SIZE;
	return recipient_verify(signer, sign_domain, bytes, size, bytes + size);
}

int entry_signer(const uint8_t *bytes, size_t size, struct recipient_id *ret)
{
	const size_t before = 1 + 1 + ID_SIZE + 8 + DIGEST_SIZE + 8;

	if (size < HEAD_SIZE + RECIPIENT_SIGNATURE_SIZE)
		return -EBADMSG;
	memcpy(ret->bytes, bytes + before, ID_SIZE);
	return 0;
}

struct digest entry_digest(const uint8_t *bytes, size_t size)
{
	struct digest digest;

	crypto_generichash(digest.bytes, DIGEST_SIZE, bytes, size, NULL, 0);
	return digest;
}

static int wrap_compare(const void *a, const void *b)
{
	const struct entry_wrap *left = a, *right = b;

	return memcmp(left->recipient.bytes, right->recipient.bytes, ID_SIZE);
}

struct digest entry_wrapset(struct entry_wrap *wraps, size_t count)
{
	static const char domain[] = "credfs wraps v1";
	crypto_generichash_state state;
	struct digest digest;

	if (count > 1)
		qsort(wraps, count, sizeof(wraps[0]), wrap_compare);
	crypto_generichash_init(&state, NULL, 0, DIGEST_SIZE);
	crypto_generichash_update(&state, (const uint8_t *)domain, sizeof(domain) - 1);
	for (size_t i = 0; i < count; i++) {
		crypto_generichash_update(&state, wraps[i].recipient.bytes, ID_SIZE);
		crypto_generichash_update(&state, wraps[i].sealed, sizeof(wraps[i].sealed));
	}
	crypto_generichash_final(&state, digest.bytes, DIGEST_SIZE);
	return digest;
}
