#include "store/genesis.h"

#include <sodium.h>

#include "store/clock.h"
#include "store/map.h"

void genesis_done(struct genesis *genesis)
{
	epoch_key_free(genesis->key);
	free(genesis->bytes);
	*genesis = (struct genesis){0};
}

static int empty_root(struct digest *ret)
{
	CLEANUP(map_freep) struct map *map = NULL;
	int r = map_new(&map);

	if (r < 0)
		return r;
	*ret = map_root(map);
	return 0;
}

static void seal_to(struct genesis *genesis, const struct recipient_public *public)
{
	struct entry_wrap *wrap = &genesis->wraps[genesis->wrap_count++];

	wrap->recipient = recipient_public_id(public);
	epoch_key_seal_to(genesis->key, public, wrap->sealed);
}

static int sign(struct genesis *genesis, const struct recipient *founder,
		struct entry_member *members)
{
	struct entry_epoch epoch = {
		.number = GENESIS_EPOCH,
		.commitment = epoch_key_commitment(genesis->key),
		.wrapset = entry_wrapset(genesis->wraps, genesis->wrap_count),
	};
	struct entry entry = {
		.type = ENTRY_GENESIS,
		.generation = 1,
		.time = clock_now(),
		.epochs = &epoch,
		.epoch_count = 1,
		.members = members,
		.member_count = genesis->wrap_count,
	};
	int r = empty_root(&entry.root);

	if (r < 0)
		return r;
	randombytes_buf(entry.nonce, sizeof(entry.nonce));
	return entry_sign(&entry, founder, &genesis->bytes, &genesis->size);
}

int genesis_make(struct secret_pool *pool, const struct recipient *founder,
		 const struct recipient_public *recovery, struct genesis *ret)
{
	CLEANUP_GENESIS struct genesis genesis = {0};
	const struct recipient_public *public = recipient_public(founder);
	struct entry_member members[GENESIS_MEMBERS_MAX] = {
		{.can = CAN_MANAGE, .public = *public},
		{.can = CAN_MANAGE},
	};
	int r;

	r = epoch_key_generate(pool, GENESIS_EPOCH, &genesis.key);
	if (r < 0)
		return r;
	seal_to(&genesis, public);
	if (recovery && memcmp(recovery, public, sizeof(*public)) != 0) {
		members[1].public = *recovery;
		seal_to(&genesis, recovery);
	}
	r = sign(&genesis, founder, members);
	if (r < 0)
		return r;
	genesis.fingerprint = entry_digest(genesis.bytes, genesis.size);
	*ret = genesis;
	genesis = (struct genesis){0};
	return 0;
}

static int add_wraps(struct commit *commit, const struct genesis *genesis)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < genesis->wrap_count; i++) {
		const struct entry_wrap *wrap = &genesis->wraps[i];
		const struct row_ref ref = keyring_wrap(wrap->recipient, GENESIS_EPOCH);

		r = commit_add_row(commit, &ref, wrap->sealed, sizeof(wrap->sealed));
	}
	return r;
}

/* The record that every organisation has. */
static int add_self(struct commit *commit, const char *name)
{
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_RECORD struct record record = {.kind = RECORD_ORG, .name = strdup(name)};
	int r;

	if (!record.name)
		return -ENOMEM;
	record.created = record.updated = clock_now();
	r = change_new(&change);
	if (r == 0)
		r = change_put(change, &record);
	return r < 0 ? r : commit_add(commit, change);
}

/* Genesis and the first records are one transaction, so that no organisation is without a name. */
int genesis_commit(const struct genesis *genesis, struct commit *commit, struct engine *engine,
		   const char *name, const struct change *first)
{
	const struct engine_entry entry = {
		.generation = 1,
		.digest = genesis->fingerprint,
		.bytes = genesis->bytes,
		.size = genesis->size,
	};
	int r;

	r = add_wraps(commit, genesis);
	if (r < 0)
		return r;
	r = add_self(commit, name);
	if (r < 0)
		return r;
	r = first ? commit_add(commit, first) : 0;
	if (r < 0)
		return r;
	r = commit_append(commit, engine, &entry);
	return r < 0 ? r : commit_fold(commit);
}
