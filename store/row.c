#include "store/row.h"

#include <sodium.h>

#include "store/wire.h"

struct digest row_digest(struct org_id org, const struct row_ref *ref, const uint8_t *sealed,
			 size_t size)
{
	static const char domain[] = "credfs row v1";
	uint8_t head[sizeof(domain) - 1 + 1 + 2 * ID_SIZE + 4 + 8 + 4 + 8];
	crypto_generichash_state state;
	struct digest digest;
	uint8_t *at = head;

	at = wire_store(at, domain, sizeof(domain) - 1);
	at = wire_store_u8(at, (uint8_t)ref->table);
	at = wire_store(at, org.bytes, ID_SIZE);
	at = wire_store(at, ref->id.bytes, ID_SIZE);
	at = wire_store_u32(at, ref->kind);
	at = wire_store_u64(at, ref->version);
	at = wire_store_u32(at, ref->epoch);
	wire_store_u64(at, size);

	crypto_generichash_init(&state, NULL, 0, DIGEST_SIZE);
	crypto_generichash_update(&state, head, sizeof(head));
	crypto_generichash_update(&state, sealed, size);
	crypto_generichash_final(&state, digest.bytes, DIGEST_SIZE);
	return digest;
}
