/*
 * Loading: the log is followed entry by entry (chain.c), which yields the map of what rows there
 * must be; this host's key is opened and compared with what the log commits to; then the records
 * are opened and indexed (opener.c). Values stay where they are.
 */
#include "store/org_parts.h"

#include "store/commit.h"
#include "store/exposure.h"
#include "store/genesis.h"
#include "store/refresh.h"
#include "store/replay.h"

struct org *org_free(struct org *org)
{
	if (!org)
		return NULL;
	chain_free(org->chain);
	index_free(org->index);
	keyring_free(org->keyring);
	free(org);
	return NULL;
}

static int org_new(struct engine *engine, struct secret_pool *pool, const struct recipient *host,
		   const struct digest *fingerprint, struct org **ret)
{
	CLEANUP(org_freep) struct org *org = calloc(1, sizeof(*org));
	int r;

	if (!org)
		return -ENOMEM;
	org->engine = engine;
	org->pool = pool;
	org->host = host;
	org->fingerprint = *fingerprint;
	r = chain_new(fingerprint, &org->chain);
	if (r < 0)
		return r;
	r = index_new(&org->index);
	if (r < 0)
		return r;
	r = keyring_new(&org->keyring);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(org);
	return 0;
}

/* Whether this host is a member, and what it may do. */
static int find_self(struct org *org)
{
	const struct recipient_id id = recipient_public_id(recipient_public(org->host));
	enum capability can;

	return chain_member(org->chain, id, &can) ? 0 : -EKEYREJECTED;
}

struct opener org_opener(const struct org *org)
{
	return (struct opener){
		.engine = org->engine,
		.pool = org->pool,
		.chain = org->chain,
		.keyring = org->keyring,
	};
}

int org_load_pinned(struct engine *engine, struct secret_pool *pool, const struct recipient *host,
		    const struct pin *pin, struct org **ret)
{
	CLEANUP(org_freep) struct org *org = NULL;
	struct opener opener;
	int r;

	r = org_new(engine, pool, host, &pin->fingerprint, &org);
	if (r < 0)
		return r;
	r = replay_log(engine, org->chain, &pin->mark);
	if (r < 0)
		return r;
	r = find_self(org);
	if (r < 0)
		return r;
	r = keyring_load(org->keyring, pool, engine, org->chain, host);
	if (r < 0)
		return r;
	opener = org_opener(org);
	r = opener_records(&opener, org->index, &org->damaged);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(org);
	return 0;
}

int org_load(struct engine *engine, struct secret_pool *pool, const struct recipient *host,
	     const struct digest *fingerprint, struct org **ret)
{
	const struct pin pin = {.fingerprint = *fingerprint};

	return org_load_pinned(engine, pool, host, &pin, ret);
}

int org_create(struct engine *engine, struct secret_pool *pool, const struct recipient *founder,
	       const struct recipient_public *recovery, const char *name,
	       const struct change *first, struct org **ret)
{
	CLEANUP_GENESIS struct genesis genesis = {0};
	CLEANUP(org_freep) struct org *org = NULL;
	CLEANUP(commit_freep) struct commit *commit = NULL;
	int r;

	r = genesis_make(pool, founder, recovery, &genesis);
	if (r < 0)
		return r;
	r = org_new(engine, pool, founder, &genesis.fingerprint, &org);
	if (r < 0)
		return r;
	r = chain_follow(org->chain, genesis.bytes, genesis.size);
	if (r < 0)
		return r;
	r = find_self(org);
	if (r < 0)
		return r;
	r = keyring_put(org->keyring, genesis.key);
	if (r < 0)
		return r;
	genesis.key = NULL;
	r = commit_new(org->chain, org->index, org->keyring, org->host, &commit);
	if (r == 0)
		r = genesis_commit(&genesis, commit, engine, name, first);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(org);
	return 0;
}

struct org_id org_id(const struct org *org)
{
	return org_id_of(&org->fingerprint);
}

const struct digest *org_fingerprint(const struct org *org)
{
	return &org->fingerprint;
}

uint64_t org_generation(const struct org *org)
{
	return chain_generation(org->chain);
}

uint64_t org_time(const struct org *org)
{
	return chain_time(org->chain);
}

struct mark org_mark(const struct org *org)
{
	return (struct mark){
		.generation = chain_generation(org->chain),
		.head = *chain_head(org->chain),
		.time = chain_time(org->chain),
	};
}

enum capability org_capability(const struct org *org)
{
	const struct recipient_id id = recipient_public_id(recipient_public(org->host));
	enum capability can;

	return chain_member(org->chain, id, &can) ? can : CAN_READ;
}

const struct membership *org_membership(const struct org *org)
{
	return chain_membership(org->chain);
}

const struct recipient *org_host(const struct org *org)
{
	return org->host;
}

const struct epoch_key *org_key(const struct org *org)
{
	return keyring_get(org->keyring, chain_epoch(org->chain));
}

const struct chain *org_chain(const struct org *org)
{
	return org->chain;
}

struct engine *org_engine(const struct org *org)
{
	return org->engine;
}

const struct record *org_record(const struct org *org, struct record_id id)
{
	return index_get(org->index, id);
}

const struct record *org_child(const struct org *org, struct record_id parent,
			       enum record_kind kind, const char *name)
{
	return index_child(org->index, parent, kind, name);
}

const struct record *org_next_child(const struct org *org, struct record_id parent,
				    const struct record *previous)
{
	return index_next_child(org->index, parent, previous);
}

const struct record *org_next_heir(const struct org *org, struct record_id account,
				   const struct record *previous)
{
	return index_next_heir(org->index, account, previous);
}

size_t org_damaged(const struct org *org)
{
	return org->damaged;
}

bool org_is_later(const struct org *org, const struct map_row *row)
{
	const struct opener opener = org_opener(org);

	return row->ref.table == ROW_ITEM && !index_get(org->index, row->ref.id) &&
	       opener_is_later(&opener, row);
}

size_t org_later(const struct org *org)
{
	const struct map_row *row;
	uint64_t cursor = 0;
	size_t later = 0;

	while (org->damaged && (row = map_next(chain_map(org->chain), &cursor)))
		later += org_is_later(org, row);
	return later;
}

int org_check_keys(const struct org *org)
{
	const struct opener opener = org_opener(org);

	return opener_check_wraps(&opener);
}

int org_value(const struct org *org, struct record_id field, uint64_t version, struct secret **ret,
	      uint64_t *ret_time)
{
	const struct opener opener = org_opener(org);
	bool behind = false;
	int r = opener_value(&opener, field, version, ret, ret_time);

	if (r == -EBADMSG && org_is_behind(org, &behind) == 0 && behind)
		return -ESTALE;
	return r;
}

size_t org_value_versions(const struct org *org, struct record_id field, uint64_t *versions,
			  size_t max)
{
	return map_value_versions(chain_map(org->chain), field, versions, max);
}

static const struct record_id self = {{0}};

bool org_is_ended(struct org *org)
{
	const uint64_t generation = chain_generation(org->chain);

	/* Everybody asks at every step. Its founder's second entry named it. */
	if (generation != org->judged) {
		org->judged = generation;
		org->ended = generation > 1 && !map_get(chain_map(org->chain), ROW_ITEM, self, 0);
	}
	return org->ended;
}

/* Values before the records that they belong to: one record may have more of them than an entry can
 * remove. */
static int choose_rows(const struct org *org, enum row_table table, size_t max, size_t *count,
		       struct change *change)
{
	const struct map_row *row;
	uint64_t cursor = 0;
	int r = 0;

	while (r == 0 && *count < max && (row = map_next(chain_map(org->chain), &cursor))) {
		if (row->ref.table != table)
			continue;
		r = table == ROW_VALUE ? change_remove_value(change, row->ref.id, row->ref.version)
				       : change_remove(change, row->ref.id);
		++*count;
	}
	return r;
}

int org_end(struct org *org, size_t max, size_t *ret_left)
{
	CLEANUP(change_freep) struct change *change = NULL;
	size_t count = 0;
	int r = change_new(&change);

	if (r == 0 && !org_is_ended(org)) {
		r = change_remove(change, self);
		count++;
	}
	if (r == 0)
		r = choose_rows(org, ROW_VALUE, max, &count, change);
	if (r == 0)
		r = choose_rows(org, ROW_ITEM, max, &count, change);
	if (r == 0)
		r = org_commit(org, change);
	if (r == 0)
		*ret_left = map_size(chain_map(org->chain));
	return r;
}

int org_exposure(const struct org *org, struct recipient_id recipient,
		 int (*each)(void *context, const struct record *field), void *context)
{
	return exposure(org->engine, org->chain, org->index, recipient, each, context);
}

struct rekey org_rekey(struct org *org)
{
	return (struct rekey){
		.engine = org->engine,
		.pool = org->pool,
		.chain = org->chain,
		.keyring = org->keyring,
		.host = org->host,
	};
}

int org_is_behind(const struct org *org, bool *ret)
{
	struct digest head;
	uint64_t generation;
	int r;

	r = org->engine->ops->head(org->engine, org_id(org), &generation, &head);
	if (r == 0)
		*ret = generation > chain_generation(org->chain);
	return r;
}

static size_t count_damaged(const struct org *org)
{
	const struct map_row *row;
	uint64_t cursor = 0;
	size_t damaged = 0;

	while ((row = map_next(chain_map(org->chain), &cursor)))
		damaged += row->ref.table == ROW_ITEM && !index_get(org->index, row->ref.id);
	return damaged;
}

int org_refresh(struct org *org, struct news *ret)
{
	const struct refreshed refreshed = {
		.opener = org_opener(org),
		.chain = org->chain,
		.keyring = org->keyring,
		.host = org->host,
		.index = org->index,
	};
	int r = refresh(&refreshed, ret);

	org->unclean = r < 0 && r != -EBADMSG && r != -EPROTONOSUPPORT;
	if (!org->unclean)
		org->damaged = count_damaged(org);
	return r;
}
