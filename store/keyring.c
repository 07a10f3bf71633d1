#include "store/keyring.h"

struct keyring {
	struct epoch_key **keys;
	size_t count;
};

int keyring_new(struct keyring **ret)
{
	struct keyring *keyring = calloc(1, sizeof(*keyring));

	if (!keyring)
		return -ENOMEM;
	*ret = keyring;
	return 0;
}

struct keyring *keyring_free(struct keyring *keyring)
{
	if (!keyring)
		return NULL;
	for (size_t i = 0; i < keyring->count; i++)
		epoch_key_free(keyring->keys[i]);
	free(keyring->keys);
	free(keyring);
	return NULL;
}

int keyring_put(struct keyring *keyring, struct epoch_key *key)
{
	struct epoch_key **keys =
		reallocarray(keyring->keys, keyring->count + 1, sizeof(struct epoch_key *));

	if (!keys)
		return -ENOMEM;
	keyring->keys = keys;
	keys[keyring->count++] = key;
	return 0;
}

const struct epoch_key *keyring_get(const struct keyring *keyring, uint32_t epoch)
{
	for (size_t i = 0; i < keyring->count; i++) {
		if (epoch_key_epoch(keyring->keys[i]) == epoch)
			return keyring->keys[i];
	}
	return NULL;
}

struct row_ref keyring_wrap(struct recipient_id recipient, uint32_t epoch)
{
	struct row_ref ref = {.table = ROW_WRAP, .epoch = epoch};

	memcpy(ref.id.bytes, recipient.bytes, ID_SIZE);
	return ref;
}

void keyring_keep(struct keyring *keyring, const struct membership *membership)
{
	size_t kept = 0;

	for (size_t i = 0; i < keyring->count; i++) {
		if (membership_epoch(membership, epoch_key_epoch(keyring->keys[i])))
			keyring->keys[kept++] = keyring->keys[i];
		else
			epoch_key_free(keyring->keys[i]);
	}
	keyring->count = kept;
}

struct sealed_key {
	bool found;
	uint8_t bytes[RECIPIENT_SEALED_KEY_SIZE];
};

static int take_sealed_key(void *context, const struct engine_row *row)
{
	struct sealed_key *key = context;

	key->found = row->size == sizeof(key->bytes);
	if (key->found)
		memcpy(key->bytes, row->bytes, sizeof(key->bytes));
	return 0;
}

static int open_key(struct secret_pool *pool, struct engine *engine, const struct chain *chain,
		    const struct recipient *host, const struct entry_epoch *epoch,
		    struct epoch_key **ret)
{
	const struct row_ref ref =
		keyring_wrap(recipient_public_id(recipient_public(host)), epoch->number);
	struct sealed_key sealed = {.found = false};
	int r;

	r = engine->ops->rows(engine, chain_org(chain), ROW_WRAP, &ref, 1, take_sealed_key,
			      &sealed);
	if (r < 0)
		return r;
	if (!sealed.found)
		return -EBADMSG;
	return epoch_key_open(pool, host, epoch->number, sealed.bytes, &epoch->commitment, ret);
}

int keyring_load(struct keyring *keyring, struct secret_pool *pool, struct engine *engine,
		 const struct chain *chain, const struct recipient *host)
{
	const struct membership *membership = chain_membership(chain);

	keyring_keep(keyring, membership);
	for (size_t i = 0; i < membership->epoch_count; i++) {
		const struct entry_epoch *epoch = &membership->epochs[i];
		CLEANUP(epoch_key_freep) struct epoch_key *key = NULL;
		int r;

		if (keyring_get(keyring, epoch->number))
			continue;
		r = open_key(pool, engine, chain, host, epoch, &key);
		if (r == -EBADMSG && epoch != membership_newest(membership))
			continue;
		if (r == 0)
			r = keyring_put(keyring, key);
		if (r < 0)
			return r;
		(void)TAKE_PTR(key);
	}
	return 0;
}
