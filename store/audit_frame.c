#include "store/audit_frame.h"

#include <sodium.h>
#include <string.h>

#include "store/wire.h"

static const char magic[] = "credfs audit v1\n";
static const char seal_domain[] = "credfs audit v1";
static const char record_domain[] = "credfs audit record v1";
static const char head_domain[] = "credfs audit head v1";

enum {
	MAGIC_SIZE = sizeof(magic) - 1,
	SEAL_DOMAIN_SIZE = sizeof(seal_domain) - 1,
	NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	LENGTH_SIZE = 4,
	/* type, recipient, seq, previous, time */
	CLEAR_SIZE = 1 + ID_SIZE + 8 + DIGEST_SIZE + 8,
	SEALED_AT = LENGTH_SIZE + CLEAR_SIZE,
	PAD = 64,
	PLAIN_MAX = (8 + AUDIT_LINE_MAX) / PAD * PAD + PAD,
	RECORD_MIN = SEALED_AT + NONCE_SIZE + PAD + TAG_SIZE + DIGEST_SIZE,
	SIGNED_SIZE = 2 * ID_SIZE + 8 + DIGEST_SIZE,
};
_Static_assert(SEALED_AT + NONCE_SIZE + PLAIN_MAX + TAG_SIZE + DIGEST_SIZE <= (int)AUDIT_FRAME_MAX,
	       "the longest line fits");

void audit_header_encode(struct audit_header *header, uint8_t ret[AUDIT_HEADER_SIZE])
{
	uint8_t *at = wire_store(ret, magic, MAGIC_SIZE);

	at = wire_store(at, header->org.bytes, ID_SIZE);
	at = wire_store(at, header->recipient.bytes, ID_SIZE);
	at = wire_store_u64(at, header->first);
	at = wire_store(at, header->previous.bytes, DIGEST_SIZE);
	at = wire_store_u64(at, header->time);
	at = wire_store_u64(at, header->text);
	at = wire_store(at, header->commitment.bytes, DIGEST_SIZE);
	crypto_generichash(header->digest.bytes, DIGEST_SIZE, ret, (size_t)(at - ret), NULL, 0);
	wire_store(at, header->digest.bytes, DIGEST_SIZE);
}

int audit_header_decode(const uint8_t bytes[AUDIT_HEADER_SIZE], struct audit_header *ret)
{
	struct wire_reader reader = wire_reader(bytes, AUDIT_HEADER_SIZE);
	struct audit_header header;
	struct digest digest;

	if (memcmp(wire_get(&reader, MAGIC_SIZE), magic, MAGIC_SIZE) != 0)
		return -EBADMSG;
	wire_get_bytes(&reader, header.org.bytes, ID_SIZE);
	wire_get_bytes(&reader, header.recipient.bytes, ID_SIZE);
	header.first = wire_get_u64(&reader);
	wire_get_bytes(&reader, header.previous.bytes, DIGEST_SIZE);
	header.time = wire_get_u64(&reader);
	header.text = wire_get_u64(&reader);
	wire_get_bytes(&reader, header.commitment.bytes, DIGEST_SIZE);
	wire_get_bytes(&reader, header.digest.bytes, DIGEST_SIZE);
	crypto_generichash(digest.bytes, DIGEST_SIZE, bytes, AUDIT_HEADER_SIZE - DIGEST_SIZE, NULL,
			   0);
	if (!digest_equal(&digest, &header.digest))
		return -EBADMSG;
	*ret = header;
	return 0;
}

static struct digest record_digest(struct org_id org, const uint8_t *body, size_t size)
{
	crypto_generichash_state state;
	struct digest digest;

	crypto_generichash_init(&state, NULL, 0, DIGEST_SIZE);
	crypto_generichash_update(&state, (const uint8_t *)record_domain,
				  sizeof(record_domain) - 1);
	crypto_generichash_update(&state, org.bytes, ID_SIZE);
	crypto_generichash_update(&state, body, size);
	crypto_generichash_final(&state, digest.bytes, DIGEST_SIZE);
	return digest;
}

enum { DATA_SIZE = SEAL_DOMAIN_SIZE + ID_SIZE + CLEAR_SIZE };

/* The associated data: whose record this is, and where it stands. */
static void associated_data(struct org_id org, const uint8_t *clear, uint8_t ret[DATA_SIZE])
{
	uint8_t *at = wire_store(ret, seal_domain, SEAL_DOMAIN_SIZE);

	at = wire_store(at, org.bytes, ID_SIZE);
	wire_store(at, clear, CLEAR_SIZE);
}

static void store_clear(const struct audit_record *record, size_t size, uint8_t *ret)
{
	uint8_t *at = wire_store_u32(ret, (uint32_t)(size - LENGTH_SIZE));

	at = wire_store_u8(at, AUDIT_RECORD);
	at = wire_store(at, record->recipient.bytes, ID_SIZE);
	at = wire_store_u64(at, record->seq);
	at = wire_store(at, record->previous.bytes, DIGEST_SIZE);
	wire_store_u64(at, record->time);
}

int audit_record_encode(struct audit_record *record, const struct secret *key,
			const struct audit_line *line, uint8_t ret[AUDIT_FRAME_MAX],
			size_t *ret_size)
{
	uint8_t *plain = ret + SEALED_AT + NONCE_SIZE;
	size_t padded, size;
	uint8_t data[DATA_SIZE];

	if (line->size > AUDIT_LINE_MAX)
		return -EFBIG;
	/* In its place, where it is sealed. */
	memcpy(wire_store_u64(plain, line->text), line->bytes, line->size);
	if (sodium_pad(&padded, plain, 8 + line->size, PAD, PLAIN_MAX) != 0)
		return -EFBIG;
	size = SEALED_AT + NONCE_SIZE + padded + TAG_SIZE + DIGEST_SIZE;
	store_clear(record, size, ret);
	associated_data(record->org, ret + LENGTH_SIZE, data);
	randombytes_buf(ret + SEALED_AT, NONCE_SIZE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(plain, NULL, plain, padded, data, sizeof(data),
						   NULL, ret + SEALED_AT, secret_view(key));
	record->digest =
		record_digest(record->org, ret + LENGTH_SIZE, size - LENGTH_SIZE - DIGEST_SIZE);
	wire_store(ret + size - DIGEST_SIZE, record->digest.bytes, DIGEST_SIZE);
	*ret_size = size;
	return 0;
}

static void decode_record(struct wire_reader *reader, struct audit_frame *frame)
{
	struct audit_record *record = &frame->record;

	wire_get_bytes(reader, record->recipient.bytes, ID_SIZE);
	record->seq = wire_get_u64(reader);
	if (frame->type == AUDIT_RECORD) {
		wire_get_bytes(reader, record->previous.bytes, DIGEST_SIZE);
		record->time = wire_get_u64(reader);
		memcpy(record->digest.bytes, frame->bytes + frame->size - DIGEST_SIZE, DIGEST_SIZE);
	} else {
		wire_get_bytes(reader, record->digest.bytes, DIGEST_SIZE);
	}
}

static bool is_size_of_record(size_t size)
{
	return size >= RECORD_MIN && size <= AUDIT_FRAME_MAX && (size - RECORD_MIN) % PAD == 0;
}

int audit_frame_decode(const uint8_t *bytes, size_t size, struct org_id org,
		       struct audit_frame *ret)
{
	struct wire_reader reader = wire_reader(bytes, size);
	struct audit_frame frame = {.bytes = bytes, .record = {.org = org}};

	frame.size = (size_t)wire_get_u32(&reader) + LENGTH_SIZE;
	frame.type = (enum audit_frame_type)wire_get_u8(&reader);
	if (reader.failed)
		return -EAGAIN;
	if (frame.type == AUDIT_RECORD ? !is_size_of_record(frame.size)
				       : frame.type != AUDIT_HEAD || frame.size != AUDIT_HEAD_SIZE)
		return -EBADMSG;
	if (frame.size > size)
		return -EAGAIN;
	decode_record(&reader, &frame);
	*ret = frame;
	return 0;
}

bool audit_frame_is_whole(const struct audit_frame *frame)
{
	const struct digest digest = record_digest(frame->record.org, frame->bytes + LENGTH_SIZE,
						   frame->size - LENGTH_SIZE - DIGEST_SIZE);

	return digest_equal(&digest, &frame->record.digest);
}

int audit_frame_open(const struct audit_frame *frame, const struct secret *key, uint8_t *room,
		     struct audit_line *ret)
{
	const uint8_t *sealed = frame->bytes + SEALED_AT;
	const size_t sealed_size = frame->size - SEALED_AT - NONCE_SIZE - DIGEST_SIZE;
	struct wire_reader reader;
	uint8_t data[DATA_SIZE];
	size_t size;

	associated_data(frame->record.org, frame->bytes + LENGTH_SIZE, data);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(room, NULL, NULL, sealed + NONCE_SIZE,
						       sealed_size, data, sizeof(data), sealed,
						       secret_view(key)) != 0)
		return -EBADMSG;
	if (sodium_unpad(&size, room, sealed_size - TAG_SIZE, PAD) != 0 || size < 8)
		return -EBADMSG;
	reader = wire_reader(room, size);
	*ret = (struct audit_line){.text = wire_get_u64(&reader)};
	ret->bytes = (const char *)reader.at;
	ret->size = reader.left;
	return 0;
}

/* What a head vouches for. */
static void store_signed(const struct audit_record *record, uint8_t ret[SIGNED_SIZE])
{
	uint8_t *at = wire_store(ret, record->org.bytes, ID_SIZE);

	at = wire_store(at, record->recipient.bytes, ID_SIZE);
	at = wire_store_u64(at, record->seq);
	wire_store(at, record->digest.bytes, DIGEST_SIZE);
}

void audit_head_sign(const struct audit_record *record, const struct recipient *signer,
		     uint8_t ret[AUDIT_HEAD_SIZE])
{
	uint8_t bytes[SIGNED_SIZE];
	uint8_t *at = wire_store_u32(ret, AUDIT_HEAD_SIZE - LENGTH_SIZE);

	store_signed(record, bytes);
	at = wire_store_u8(at, AUDIT_HEAD);
	at = wire_store(at, bytes + ID_SIZE, sizeof(bytes) - ID_SIZE);
	recipient_sign(signer, head_domain, bytes, sizeof(bytes), at);
}

int audit_head_verify(const struct audit_frame *frame, const struct recipient_public *signer)
{
	uint8_t bytes[SIGNED_SIZE];

	store_signed(&frame->record, bytes);
	return recipient_verify(signer, head_domain, bytes, sizeof(bytes),
				frame->bytes + AUDIT_HEAD_SIZE - RECIPIENT_SIGNATURE_SIZE);
}
