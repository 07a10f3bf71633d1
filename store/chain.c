/*
 * One table says of each type of entry who may sign it and how it is followed; what all of them
 * share (that it is the next one, signed by a member, and leads to the root that it signs) is
 * checked around it.
 */
#include "store/chain.h"

#include <assert.h>

#include "store/membership.h"
#include "store/stage.h"

struct chain {
	struct digest fingerprint;
	struct org_id org;
	uint64_t generation;
	struct digest head;
	uint64_t time;
	struct digest member_head;
	struct membership membership;
	struct map *map;
	struct stage *stage;
	struct digest signed_head; /* of the entry made by chain_sign() */
	uint64_t signed_time;
	struct mark trusted; /* generation 0: nothing is */
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
	r = stage_new(chain->map, &chain->stage);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(chain);
	return 0;
}

struct chain *chain_free(struct chain *chain)
{
	if (!chain)
		return NULL;
	stage_free(chain->stage);
	map_free(chain->map);
	membership_done(&chain->membership);
	free(chain);
	return NULL;
}

void chain_trust(struct chain *chain, const struct mark *mark)
{
	chain->trusted = *mark;
}

/* Whether the next entry is one of those that were verified before, if the chain arrives. */
static bool is_trusted(const struct chain *chain)
{
	return chain->generation < chain->trusted.generation;
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
	return chain->membership.epoch;
}

const struct digest *chain_commitment(const struct chain *chain)
{
	return &chain->membership.commitment;
}

size_t chain_member_count(const struct chain *chain)
{
	return chain->membership.member_count;
}

const struct digest *chain_wrapset(const struct chain *chain)
{
	return &chain->membership.wrapset;
}

bool chain_member(const struct chain *chain, struct recipient_id recipient, enum capability *ret)
{
	const struct member *member = membership_find(&chain->membership, recipient);

	if (member)
		*ret = member->can;
	return member;
}

int chain_stage(struct chain *chain, const struct row_ref *ref, const struct digest *digest)
{
	return stage_put(chain->stage, ref, digest, chain->membership.epoch);
}

size_t chain_staged(const struct chain *chain)
{
	size_t count;

	(void)stage_rows(chain->stage, &count);
	return count;
}

void chain_unstage(struct chain *chain)
{
	stage_undo(chain->stage);
}

/* An entry that is about to be followed. */
struct step {
	struct entry entry;
	struct digest digest;
	struct membership membership; /* that holds after it, of a membership entry */
};

static void step_done(struct step *step)
{
	entry_done(&step->entry);
	membership_done(&step->membership);
}
#define CLEANUP_STEP CLEANUP(step_done)

static int check_genesis(const struct chain *chain, const struct step *step)
{
	/* Self-certifying: the fingerprint that the host has pinned is this entry's digest. */
	return !chain->generation && digest_equal(&step->digest, &chain->fingerprint) ? 0
										      : -EBADMSG;
}

static int check_change(const struct chain *chain, const struct step *step)
{
	(void)chain;
	(void)step;
	return 0;
}

static const struct {
	enum capability signer; /* what its signer must at least be able to do */
	bool membership;	/* it says who the members are from then on */
	/* Whether it may come next, as far as all that is common to entries does not say it. NULL:
	 * only a later version can follow it. */
	int (*check)(const struct chain *chain, const struct step *step);
} types[] = {
	[ENTRY_GENESIS] = {CAN_MANAGE, true, check_genesis},
	[ENTRY_ADD] = {CAN_MANAGE, true, NULL},
	[ENTRY_REMOVE] = {CAN_MANAGE, true, NULL},
	[ENTRY_EPOCH] = {CAN_MANAGE, true, NULL},
	[ENTRY_CHANGE] = {CAN_WRITE, false, check_change},
	[ENTRY_RECOVER] = {CAN_MANAGE, true, NULL},
	[ENTRY_RETIRE] = {CAN_MANAGE, false, NULL},
};
_Static_assert(sizeof(types) / sizeof(types[0]) == ENTRY_TYPES, "a row for each type");

static bool is_next(const struct chain *chain, const struct entry *entry)
{
	if (!chain->generation)
		return entry->type == ENTRY_GENESIS;
	return entry->generation == chain->generation + 1 &&
	       digest_equal(&entry->previous, &chain->head) &&
	       org_id_equal(entry->org, chain->org) &&
	       digest_equal(&entry->member_head, &chain->member_head);
}

/* Whether the chain arrives somewhere else than it was trusted to: nothing of it is proven then. */
static bool misses_mark(const struct chain *chain, const struct step *step)
{
	return chain->generation + 1 == chain->trusted.generation &&
	       !digest_equal(&step->digest, &chain->trusted.head);
}

/* Whether somebody signed who may: a member before the entry, or one whom genesis names. */
static int check_signer(const struct chain *chain, const struct step *step, const uint8_t *bytes,
			size_t size, enum capability *ret)
{
	const struct membership *judge = chain->generation ? &chain->membership : &step->membership;
	const struct member *signer = membership_find(judge, step->entry.signer);
	int r;

	if (!signer || signer->can < types[step->entry.type].signer)
		return -EBADMSG;
	r = is_trusted(chain) ? 0 : entry_verify(bytes, size, &signer->public);
	if (r == 0)
		*ret = signer->can;
	return r;
}

/* Take the rows into the map, if the signer may change them and if they lead to the signed root. */
static int take_rows(struct chain *chain, const struct entry *entry, enum capability can)
{
	struct digest root;

	for (size_t i = 0; i < entry->row_count; i++) {
		int r = chain_stage(chain, &entry->rows[i].ref, &entry->rows[i].digest);

		if (r < 0)
			return r;
	}
	if (can < stage_needs(chain->stage))
		return -EBADMSG;
	if (is_trusted(chain))
		return 0;
	root = map_root(chain->map);
	return digest_equal(&entry->root, &root) ? 0 : -EBADMSG;
}

static void advance(struct chain *chain, const struct digest *head, uint64_t time)
{
	chain->generation++;
	chain->head = *head;
	chain->time = time;
	stage_keep(chain->stage);
}

/* Cannot fail. */
static void take_step(struct chain *chain, struct step *step)
{
	if (types[step->entry.type].membership) {
		membership_done(&chain->membership);
		chain->membership = step->membership;
		step->membership = (struct membership){0};
		chain->member_head = step->digest;
	}
	advance(chain, &step->digest, step->entry.time);
}

static int follow_step(struct chain *chain, struct step *step, const uint8_t *bytes, size_t size)
{
	enum capability can;
	int r;

	if (!is_next(chain, &step->entry) || misses_mark(chain, step))
		return -EBADMSG;
	r = check_signer(chain, step, bytes, size, &can);
	if (r < 0)
		return r;
	if (!types[step->entry.type].check)
		return -EPROTONOSUPPORT;
	r = types[step->entry.type].check(chain, step);
	if (r < 0)
		return r;
	r = take_rows(chain, &step->entry, can);
	if (r < 0) {
		chain_unstage(chain);
		return r;
	}
	take_step(chain, step);
	return 0;
}

int chain_follow(struct chain *chain, const uint8_t *bytes, size_t size)
{
	CLEANUP_STEP struct step step = {.digest = entry_digest(bytes, size)};
	int r;

	assert(chain_staged(chain) == 0);

	if (stage_is_torn(chain->stage))
		return -EUCLEAN;
	r = entry_decode(bytes, size, &step.entry);
	if (r < 0)
		return r;
	if (types[step.entry.type].membership) {
		r = membership_of(&step.entry, &step.membership);
		if (r < 0)
			return r;
	}
	return follow_step(chain, &step, bytes, size);
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
	};
	const struct member *member;
	int r;

	if (stage_is_torn(chain->stage))
		return -EUCLEAN;
	member = membership_find(&chain->membership, recipient_public_id(recipient_public(signer)));
	if (!member || member->can < stage_needs(chain->stage))
		return -EACCES;
	entry.rows = stage_rows(chain->stage, &entry.row_count);
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
