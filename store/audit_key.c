#include "store/audit_key.h"

#include <sodium.h>
#include <string.h>

#include "store/wire.h"

static const char magic[] = "credfs audit key";
static const char domain[] = "credfs audit key v1";

enum {
	MAGIC_SIZE = sizeof(magic) - 1,
	DOMAIN_SIZE = sizeof(domain) - 1,
	NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	SEALED_SIZE = AUDIT_KEY_SIZE + crypto_aead_xchacha20poly1305_ietf_ABYTES,
	HOST_AT = MAGIC_SIZE,
	EPOCH_AT = HOST_AT + RECIPIENT_SEALED_KEY_SIZE,
	NONCE_AT = EPOCH_AT + 4,
	SEALED_AT = NONCE_AT + NONCE_SIZE,
	DATA_SIZE = DOMAIN_SIZE + 2 * ID_SIZE + 8 + DIGEST_SIZE + 4,
};
_Static_assert(SEALED_AT + SEALED_SIZE == (int)AUDIT_WRAP_SIZE, "as the header says");

int audit_key_new(struct secret_pool *pool, struct secret **ret)
{
	int r = secret_zeros(pool, AUDIT_KEY_SIZE, ret);

	if (r == 0)
		randombytes_buf(secret_bytes(*ret), AUDIT_KEY_SIZE);
	return r;
}

struct digest audit_key_commitment(const struct secret *key)
{
	static const char named[] = "credfs audit commit v1";
	struct digest digest;

	crypto_generichash(digest.bytes, DIGEST_SIZE, (const uint8_t *)named, sizeof(named) - 1,
			   secret_view(key), AUDIT_KEY_SIZE);
	return digest;
}

/* The associated data: all that a wrap is bound to. */
static void associated_data(const struct audit_key_place *place, uint32_t epoch,
			    uint8_t ret[DATA_SIZE])
{
	uint8_t *at = wire_store(ret, domain, DOMAIN_SIZE);

	at = wire_store(at, place->org.bytes, ID_SIZE);
	at = wire_store(at, place->recipient.bytes, ID_SIZE);
	at = wire_store_u64(at, place->first);
	at = wire_store(at, place->commitment.bytes, DIGEST_SIZE);
	wire_store_u32(at, epoch);
}

void audit_key_rewrap(const struct secret *key, const struct audit_key_place *place,
		      const struct epoch_key *epoch, uint8_t wrap[AUDIT_WRAP_SIZE])
{
	uint8_t data[DATA_SIZE];

	wire_store_u32(wrap + EPOCH_AT, epoch_key_epoch(epoch));
	randombytes_buf(wrap + NONCE_AT, NONCE_SIZE);
	associated_data(place, epoch_key_epoch(epoch), data);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
		wrap + SEALED_AT, NULL, secret_view(key), AUDIT_KEY_SIZE, data, sizeof(data), NULL,
		wrap + NONCE_AT, epoch_key_subkey(epoch, KEY_AUDIT));
}

void audit_key_wrap(const struct secret *key, const struct audit_key_place *place,
		    const struct epoch_key *epoch, const struct recipient_public *host,
		    uint8_t ret[AUDIT_WRAP_SIZE])
{
	wire_store(ret, magic, MAGIC_SIZE);
	recipient_seal_key(host, secret_view(key), ret + HOST_AT);
	audit_key_rewrap(key, place, epoch, ret);
}

uint32_t audit_key_epoch(const uint8_t wrap[AUDIT_WRAP_SIZE])
{
	struct wire_reader reader = wire_reader(wrap + EPOCH_AT, 4);

	return memcmp(wrap, magic, MAGIC_SIZE) == 0 ? wire_get_u32(&reader) : 0;
}

static bool open_with_epoch(const struct audit_key_place *place, const uint8_t *wrap,
			    const struct epoch_key *epoch, uint8_t *ret)
{
	uint8_t data[DATA_SIZE];

	if (!epoch || epoch_key_epoch(epoch) != audit_key_epoch(wrap))
		return false;
	associated_data(place, epoch_key_epoch(epoch), data);
	return crypto_aead_xchacha20poly1305_ietf_decrypt(
		       ret, NULL, NULL, wrap + SEALED_AT, SEALED_SIZE, data, sizeof(data),
		       wrap + NONCE_AT, epoch_key_subkey(epoch, KEY_AUDIT)) == 0;
}

static bool is_committed(const struct secret *key, const struct audit_key_place *place)
{
	const struct digest commitment = audit_key_commitment(key);

	return sodium_memcmp(commitment.bytes, place->commitment.bytes, DIGEST_SIZE) == 0;
}

int audit_key_open(struct secret_pool *pool, const struct audit_key_place *place,
		   const uint8_t wrap[AUDIT_WRAP_SIZE], const struct epoch_key *epoch,
		   const struct recipient *host, struct secret **ret)
{
	CLEANUP_SECRET struct secret *key = NULL;
	bool opened;
	int r = secret_zeros(pool, AUDIT_KEY_SIZE, &key);

	if (r < 0)
		return r;
	opened = open_with_epoch(place, wrap, epoch, secret_bytes(key)) && is_committed(key, place);
	if (!opened && host)
		opened = recipient_open_key(host, wrap + HOST_AT, secret_bytes(key)) == 0 &&
			 is_committed(key, place);
	if (!opened)
		return -EBADMSG;
	*ret = TAKE_PTR(key);
	return 0;
}
