#include "store/chain.h"

#include <assert.h>

#include "store/rule.h"

struct member {
	struct recipient_id id;
	struct recipient_public public;
	enum capability can;
};

/* What chain_unstage() puts back. */
struct former {
	bool existed;
	struct map_row row; /* its reference counts if it did not exist */
};

struct chain {
	struct digest fingerprint;
	struct org_id org;
	uint64_t generation;
	struct digest head;
	uint64_t time;
	struct digest member_head;
	struct member *members;
	size_t member_count;
	uint32_t epoch;
	struct digest commitment;
	struct digest wrapset;
	struct map *map;

	struct entry_row *staged;
	struct former *formers; /* of the row staged at the same index */
	size_t staged_count, staged_room;
	struct digest signed_head; /* of the entry made by chain_sign() */
	uint64_t signed_time;
	bool torn; /* the map is not the fold of the log any more */
};

int chain_new(const struct digest *fingerprint, struct chain **ret)
{
	CLEANUP(chain_freep) struct chain *chain = calloc(1, sizeof(*chain));
	int r;

	if (!chain)
		return -ENOMEM;
	chain->fingerprint = *fingerprint;
	chain->org = org_id_of(fingerprint);
	r = map_new(&chain->map);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(chain);
	return 0;
}

struct chain *chain_free(struct chain *chain)
{
	if (!chain)
		return NULL;
	map_free(chain->map);
	free(chain->members);
	free(chain->staged);
	free(chain->formers);
	free(chain);
	return NULL;
}

uint64_t chain_generation(const struct chain *chain)
{
	return chain->generation;
}

const struct digest *chain_head(const struct chain *chain)
{
	return &chain->head;
}

uint64_t chain_time(const struct chain *chain)
{
	return chain->time;
}

struct org_id chain_org(const struct chain *chain)
{
	return chain->org;
}

const struct map *chain_map(const struct chain *chain)
{
	return chain->map;
}

uint32_t chain_epoch(const struct chain *chain)
{
	return chain->epoch;
}

const struct digest *chain_commitment(const struct chain *chain)
{
	return &chain->commitment;
}

size_t chain_member_count(const struct chain *chain)
{
	return chain->member_count;
}

const struct digest *chain_wrapset(const struct chain *chain)
{
	return &chain->wrapset;
}

static const struct member *find_member(const struct chain *chain, struct recipient_id id)
{
	for (size_t i = 0; i < chain->member_count; i++) {
		if (recipient_id_equal(chain->members[i].id, id))
			return &chain->members[i];
	}
	return NULL;
}

bool chain_member(const struct chain *chain, struct recipient_id recipient, enum capability *ret)
{
	const struct member *member = find_member(chain, recipient);

	if (member)
		*ret = member->can;
	return member;
}

static int reserve_stage(struct chain *chain)
{
	size_t room = chain->staged_room ? 2 * chain->staged_room : 16;
	struct entry_row *staged;
	struct former *formers;

	if (chain->staged_count < chain->staged_room)
		return 0;
	staged = reallocarray(chain->staged, room, sizeof(*staged));
	if (!staged)
		return -ENOMEM;
	chain->staged = staged;
	formers = reallocarray(chain->formers, room, sizeof(*formers));
	if (!formers)
		return -ENOMEM;
	chain->formers = formers;
	chain->staged_room = room;
	return 0;
}

/* A row written after an epoch began is sealed under that epoch's key. */
static int check_row(const struct chain *chain, const struct row_ref *ref, bool remove, bool exists)
{
	if (ref->table != ROW_ITEM && ref->table != ROW_VALUE)
		return -EBADMSG;
	if (ref->table == ROW_ITEM && !rule_knows(ref->kind))
		return -EPROTONOSUPPORT;
	if (ref->table == ROW_VALUE && ref->kind != RECORD_FIELD)
		return -EBADMSG;
	if (remove)
		return exists ? 0 : -EBADMSG;
	return ref->epoch == chain->epoch ? 0 : -EBADMSG;
}

int chain_stage(struct chain *chain, const struct row_ref *ref, const struct digest *digest)
{
	const struct map_row *row = NULL;
	struct former former = {.row.ref = *ref};
	bool remove = digest_is_zero(digest);
	int r;

	if (ref->table == ROW_ITEM || ref->table == ROW_VALUE)
		row = map_get(chain->map, ref->table, ref->id, ref->version);
	if (row)
		former = (struct former){.existed = true, .row = *row};
	r = check_row(chain, ref, remove, row);
	if (r < 0)
		return r;
	r = reserve_stage(chain);
	if (r < 0)
		return r;
	if (remove)
		map_remove(chain->map, ref->table, ref->id, ref->version);
	else
		r = map_put(chain->map, ref, digest);
	if (r < 0)
		return r;
	chain->formers[chain->staged_count] = former;
	chain->staged[chain->staged_count++] = (struct entry_row){.ref = *ref, .digest = *digest};
	return 0;
}

size_t chain_staged(const struct chain *chain)
{
	return chain->staged_count;
}

/* From the last to the first, since a row may have been staged twice. A map that had the row has
 * room for it; should it ever have none, nothing is signed any more. */
void chain_unstage(struct chain *chain)
{
	while (chain->staged_count > 0) {
		const struct former *former = &chain->formers[--chain->staged_count];
		const struct row_ref *ref = &former->row.ref;

		if (!former->existed)
			map_remove(chain->map, ref->table, ref->id, ref->version);
		else if (map_put(chain->map, ref, &former->row.digest) < 0)
			chain->torn = true;
	}
}

/* What the signer of the staged rows must be able to do: a row's former kind counts as well. */
static enum capability needed_for_stage(const struct chain *chain)
{
	for (size_t i = 0; i < chain->staged_count; i++) {
		if (rule_needs_manager(chain->staged[i].ref.kind) ||
		    rule_needs_manager(chain->formers[i].row.ref.kind))
			return CAN_MANAGE;
	}
	return CAN_WRITE;
}

static void advance(struct chain *chain, const struct digest *head, uint64_t time)
{
	chain->generation++;
	chain->head = *head;
	chain->time = time;
	chain->staged_count = 0;
}

static int take_members(struct chain *chain, const struct entry *entry)
{
	struct member *members = calloc(entry->member_count, sizeof(*members));

	if (!members)
		return -ENOMEM;
	for (size_t i = 0; i < entry->member_count; i++) {
		members[i] = (struct member){
			.id = recipient_public_id(&entry->members[i].public),
			.public = entry->members[i].public,
			.can = entry->members[i].can,
		};
	}
	free(chain->members);
	chain->members = members;
	chain->member_count = entry->member_count;
	return 0;
}

/* Self-certifying: the fingerprint that the host has pinned is this entry's digest. */
static int follow_genesis(struct chain *chain, const struct entry *entry, const uint8_t *bytes,
			  size_t size)
{
	struct digest digest = entry_digest(bytes, size);
	struct digest root = map_root(chain->map);
	const struct member *signer;
	int r;

	if (entry->type != ENTRY_GENESIS || !digest_equal(&digest, &chain->fingerprint) ||
	    !digest_equal(&entry->root, &root))
		return -EBADMSG;
	r = take_members(chain, entry);
	if (r < 0)
		return r;
	signer = find_member(chain, entry->signer);
	if (!signer || signer->can < CAN_MANAGE)
		return -EBADMSG;
	r = entry_verify(bytes, size, &signer->public);
	if (r < 0)
		return r;
	chain->epoch = entry->epoch;
	chain->commitment = entry->commitment;
	chain->wrapset = entry->wrapset;
	chain->member_head = digest;
	advance(chain, &digest, entry->time);
	return 0;
}

static bool is_next(const struct chain *chain, const struct entry *entry)
{
	return entry->generation == chain->generation + 1 &&
	       digest_equal(&entry->previous, &chain->head) &&
	       org_id_equal(entry->org, chain->org) &&
	       digest_equal(&entry->member_head, &chain->member_head);
}

static int stage_entry(struct chain *chain, const struct entry *entry)
{
	for (size_t i = 0; i < entry->row_count; i++) {
		int r = chain_stage(chain, &entry->rows[i].ref, &entry->rows[i].digest);

		if (r < 0)
			return r;
	}
	return 0;
}

static int follow_change(struct chain *chain, const struct entry *entry,
			 const struct member *signer)
{
	struct digest root;
	int r;

	r = stage_entry(chain, entry);
	if (r < 0)
		return r;
	if (signer->can < needed_for_stage(chain))
		return -EBADMSG;
	root = map_root(chain->map);
	return digest_equal(&entry->root, &root) ? 0 : -EBADMSG;
}

static int follow_next(struct chain *chain, const struct entry *entry, const uint8_t *bytes,
		       size_t size)
{
	const struct member *signer = find_member(chain, entry->signer);
	struct digest digest = entry_digest(bytes, size);
	int r;

	if (!signer || !is_next(chain, entry))
		return -EBADMSG;
	r = entry_verify(bytes, size, &signer->public);
	if (r < 0)
		return r;
	/* Members and epochs other than those of genesis are for a later version to follow. */
	if (entry->type != ENTRY_CHANGE)
		return -EPROTONOSUPPORT;
	r = follow_change(chain, entry, signer);
	if (r < 0) {
		chain_unstage(chain);
		return r;
	}
	advance(chain, &digest, entry->time);
	return 0;
}

int chain_follow(struct chain *chain, const uint8_t *bytes, size_t size)
{
	CLEANUP_ENTRY struct entry entry = {0};
	int r;

	assert(chain->staged_count == 0);

	if (chain->torn)
		return -EUCLEAN;
	r = entry_decode(bytes, size, &entry);
	if (r < 0)
		return r;
	return chain->generation ? follow_next(chain, &entry, bytes, size)
				 : follow_genesis(chain, &entry, bytes, size);
}

int chain_sign(struct chain *chain, const struct recipient *signer, uint64_t time, uint8_t **ret,
	       size_t *ret_size)
{
	struct entry entry = {
		.type = ENTRY_CHANGE,
		.org = chain->org,
		.generation = chain->generation + 1,
		.previous = chain->head,
		.time = time,
		.member_head = chain->member_head,
		.rows = chain->staged,
		.row_count = chain->staged_count,
	};
	const struct member *member;
	int r;

	if (chain->torn)
		return -EUCLEAN;
	member = find_member(chain, recipient_public_id(recipient_public(signer)));
	if (!member || member->can < needed_for_stage(chain))
		return -EACCES;
	entry.root = map_root(chain->map);
	r = entry_sign(&entry, signer, ret, ret_size);
	if (r < 0)
		return r;
	chain->signed_head = entry_digest(*ret, *ret_size);
	chain->signed_time = time;
	return 0;
}

void chain_accept(struct chain *chain)
{
	advance(chain, &chain->signed_head, chain->signed_time);
}
