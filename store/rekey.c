#include "store/rekey.h"

#include "store/clock.h"

/* Rows for the engine: keys sealed, or removed. */
struct wraps {
	struct engine_row *rows;
	struct entry_wrap *sealed; /* of the row at the same index */
	size_t count;
};

static void wraps_done(struct wraps *wraps)
{
	free(wraps->rows);
	free(wraps->sealed);
}
#define CLEANUP_WRAPS CLEANUP(wraps_done)

/* Room for a row of every epoch and member, old and new. */
static int wraps_init(const struct membership *old, const struct membership *new, struct wraps *ret)
{
	const size_t epochs = old->epoch_count + new->epoch_count;
	const size_t room = epochs * (old->member_count + new->member_count) + 1;
	CLEANUP_WRAPS struct wraps wraps = {
		.rows = calloc(room, sizeof(struct engine_row)),
		.sealed = calloc(room, sizeof(struct entry_wrap)),
	};

	if (!wraps.rows || !wraps.sealed)
		return -ENOMEM;
	*ret = wraps;
	wraps = (struct wraps){0};
	return 0;
}

/* Seal the epoch's key to all members, and have the epoch say so. */
static void seal_epoch(const struct epoch_key *key, const struct membership *membership,
		       struct entry_epoch *epoch, struct wraps *wraps)
{
	struct entry_wrap *first = &wraps->sealed[wraps->count];

	for (size_t i = 0; i < membership->member_count; i++) {
		first[i].recipient = membership->members[i].id;
		epoch_key_seal_to(key, &membership->members[i].public, first[i].sealed);
	}
	epoch->wrapset = entry_wrapset(first, membership->member_count);
	for (size_t i = 0; i < membership->member_count; i++) {
		wraps->rows[wraps->count++] = (struct engine_row){
			.ref = keyring_wrap(first[i].recipient, epoch->number),
			.bytes = first[i].sealed,
			.size = sizeof(first[i].sealed),
		};
	}
}

static void remove_wrap(struct wraps *wraps, struct recipient_id id, uint32_t epoch)
{
	wraps->rows[wraps->count++] = (struct engine_row){.ref = keyring_wrap(id, epoch)};
}

/* Keys of epochs that end, and what was sealed to those who leave. What this host cannot open it
 * cannot seal anew either: it stays what it was. */
static void remove_former(const struct keyring *keyring, const struct membership *old,
			  const struct membership *new, struct wraps *wraps)
{
	for (size_t i = 0; i < old->epoch_count; i++) {
		const uint32_t epoch = old->epochs[i].number;
		const bool ends = !membership_epoch(new, epoch);

		for (size_t j = 0; j < old->member_count; j++) {
			const struct recipient_id id = old->members[j].id;

			if (ends || (keyring_get(keyring, epoch) && !membership_find(new, id)))
				remove_wrap(wraps, id, epoch);
		}
	}
}

static int append(const struct rekey *rekey, enum entry_type type,
		  const struct membership *membership, const struct wraps *wraps)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct engine_entry entry = {
		.generation = chain_generation(rekey->chain) + 1,
		.previous = *chain_head(rekey->chain),
	};
	const struct engine_append append = {
		.org = chain_org(rekey->chain),
		.entries = &entry,
		.entry_count = 1,
		.rows = wraps->rows,
		.row_count = wraps->count,
	};
	int r;

	r = chain_sign_membership(rekey->chain, type, membership, rekey->host, clock_now(), &bytes,
				  &entry.size);
	if (r < 0)
		return r;
	entry.bytes = bytes;
	entry.digest = entry_digest(bytes, entry.size);
	r = rekey->engine->ops->append(rekey->engine, &append);
	if (r < 0)
		return r;
	chain_accept(rekey->chain);
	return 0;
}

/* Bring the membership about. Keys of its epochs are in the ring. */
static int bring_about(const struct rekey *rekey, enum entry_type type,
		       struct membership *membership)
{
	const struct membership *old = chain_membership(rekey->chain);
	CLEANUP_WRAPS struct wraps wraps = {0};
	int r;

	if (!membership_has_manager(membership))
		return -EBUSY;
	r = wraps_init(old, membership, &wraps);
	if (r < 0)
		return r;
	for (size_t i = 0; i < membership->epoch_count; i++) {
		struct entry_epoch *epoch = &membership->epochs[i];
		const struct epoch_key *key = keyring_get(rekey->keyring, epoch->number);

		if (key)
			seal_epoch(key, membership, epoch, &wraps);
	}
	remove_former(rekey->keyring, old, membership, &wraps);
	r = append(rekey, type, membership, &wraps);
	keyring_keep(rekey->keyring, chain_membership(rekey->chain));
	return r;
}

/* Have a new epoch in the membership, and its key in the ring. */
static int begin_epoch(const struct rekey *rekey, struct membership *membership)
{
	const uint32_t number = membership_newest(membership)->number + 1;
	CLEANUP(epoch_key_freep) struct epoch_key *key = NULL;
	struct digest commitment;
	int r;

	r = epoch_key_generate(rekey->pool, number, &key);
	if (r < 0)
		return r;
	commitment = epoch_key_commitment(key);
	r = membership_begin(membership, &commitment);
	if (r == 0)
		r = keyring_put(rekey->keyring, key);
	if (r == 0)
		(void)TAKE_PTR(key);
	return r;
}

int rekey_put(const struct rekey *rekey, const struct recipient_public *public, enum capability can)
{
	CLEANUP_MEMBERSHIP struct membership membership = {0};
	enum capability before;
	int r;

	if (chain_member(rekey->chain, recipient_public_id(public), &before) && before == can)
		return -EEXIST;
	r = membership_copy(chain_membership(rekey->chain), &membership);
	if (r == 0)
		r = membership_put(&membership, public, can);
	return r < 0 ? r : bring_about(rekey, ENTRY_ADD, &membership);
}

int rekey_remove(const struct rekey *rekey, struct recipient_id id)
{
	CLEANUP_MEMBERSHIP struct membership membership = {0};
	int r;

	r = membership_copy(chain_membership(rekey->chain), &membership);
	if (r == 0)
		r = membership_remove(&membership, id);
	if (r == 0)
		r = begin_epoch(rekey, &membership);
	return r < 0 ? r : bring_about(rekey, ENTRY_REMOVE, &membership);
}

int rekey_rotate(const struct rekey *rekey)
{
	CLEANUP_MEMBERSHIP struct membership membership = {0};
	int r;

	r = membership_copy(chain_membership(rekey->chain), &membership);
	if (r == 0)
		r = begin_epoch(rekey, &membership);
	return r < 0 ? r : bring_about(rekey, ENTRY_EPOCH, &membership);
}

int rekey_retire(const struct rekey *rekey)
{
	CLEANUP_MEMBERSHIP struct membership membership = {0};
	int r;

	r = membership_copy(chain_membership(rekey->chain), &membership);
	if (r < 0)
		return r;
	membership_retire(&membership);
	return bring_about(rekey, ENTRY_RETIRE, &membership);
}
