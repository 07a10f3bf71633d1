#include "store/hostfile.h"

#include <sodium.h>
#include <string.h>

#include "store/wire.h"

enum {
	NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	KEY_SIZE = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
};
_Static_assert(HOSTFILE_OVERHEAD == NONCE_SIZE + TAG_SIZE, "what sealing adds");

int hostfile_seal(const struct recipient *host, const char *heading, const uint8_t *plain,
		  size_t size, uint8_t **ret, size_t *ret_size)
{
	const size_t heading_size = strlen(heading);
	CLEANUP_FREE uint8_t *file = malloc(heading_size + size + HOSTFILE_OVERHEAD);
	uint8_t key[KEY_SIZE];
	uint8_t *nonce;

	if (!file)
		return -ENOMEM;
	nonce = wire_store(file, heading, heading_size);
	randombytes_buf(nonce, NONCE_SIZE);
	recipient_host_key(host, key);
	crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_SIZE, NULL, plain, size, file,
						   heading_size, NULL, nonce, key);
	sodium_memzero(key, sizeof(key));
	*ret = TAKE_PTR(file);
	*ret_size = heading_size + size + HOSTFILE_OVERHEAD;
	return 0;
}

int hostfile_open(const struct recipient *host, const char *heading, const uint8_t *file,
		  size_t size, uint8_t **ret, size_t *ret_size)
{
	const size_t heading_size = strlen(heading);
	const uint8_t *nonce = file + heading_size;
	CLEANUP_FREE uint8_t *plain = NULL;
	uint8_t key[KEY_SIZE];
	int r;

	if (size < heading_size + HOSTFILE_OVERHEAD || memcmp(file, heading, heading_size) != 0)
		return -EBADMSG;
	size -= heading_size + NONCE_SIZE;
	plain = malloc(size);
	if (!plain)
		return -ENOMEM;
	recipient_host_key(host, key);
	r = crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, nonce + NONCE_SIZE, size,
						       file, heading_size, nonce, key);
	sodium_memzero(key, sizeof(key));
	if (r != 0)
		return -EBADMSG;
	*ret = TAKE_PTR(plain);
	*ret_size = size - TAG_SIZE;
	return 0;
}
