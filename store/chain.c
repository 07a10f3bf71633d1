/*
 * One table says of each type of entry who may sign it and how it is followed; what all of them
 * share (that it is the next one, signed by a member, and leads to the root that it signs) is
 * checked around it.
 */
#include "store/chain.h"

#include <assert.h>
#include <sodium.h>

#include "store/stage.h"
#include "store/step.h"

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
	struct step signed_step; /* the entry made by chain_sign(), its rows the stage's */
	struct abandoned *abandoned;
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
	abandoned_free(chain->abandoned);
	step_done(&chain->signed_step);
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
	return membership_newest(&chain->membership)->number;
}

const struct membership *chain_membership(const struct chain *chain)
{
	return &chain->membership;
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
	return stage_put(chain->stage, ref, digest, chain_epoch(chain));
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

static int check_genesis(const struct chain *chain, const struct step *step)
{
	/* Self-certifying: the fingerprint that the host has pinned is this entry's digest. */
	return !chain->generation && digest_equal(&step->digest, &chain->fingerprint) ? 0
										      : -EBADMSG;
}

/* Rows of an epoch that has ended could be opened by nobody. */
static bool all_rows_can_be_opened(const struct chain *chain, const struct membership *membership)
{
	const struct map_row *row;
	uint64_t cursor = 0;

	while ((row = map_next(chain->map, &cursor))) {
		if (!membership_epoch(membership, row->ref.epoch))
			return false;
	}
	return true;
}

/* Membership changes by itself: what rows there are stays as it is. */
static int check_turn(const struct chain *chain, const struct step *step)
{
	int r;

	if (step->entry.row_count > 0)
		return -EBADMSG;
	r = membership_turn(step->entry.type, &chain->membership, &step->membership);
	if (r < 0)
		return r;
	return all_rows_can_be_opened(chain, &step->membership) ? 0 : -EBADMSG;
}

static int check_recover(const struct chain *chain, const struct step *step)
{
	(void)chain;
	return step->entry.row_count > 0 ? -EBADMSG : 0;
}

static const struct {
	enum capability signer; /* what its signer must at least be able to do */
	/* Whether it may come next, as far as what is common to all does not say it; or NULL. */
	int (*check)(const struct chain *chain, const struct step *step);
} types[] = {
	[ENTRY_GENESIS] = {CAN_MANAGE, check_genesis},
	[ENTRY_ADD] = {CAN_MANAGE, check_turn},
	[ENTRY_REMOVE] = {CAN_MANAGE, check_turn},
	[ENTRY_EPOCH] = {CAN_MANAGE, check_turn},
	[ENTRY_CHANGE] = {CAN_WRITE, NULL},
	[ENTRY_RECOVER] = {CAN_MANAGE, check_recover},
	[ENTRY_RETIRE] = {CAN_MANAGE, check_turn},
};
_Static_assert(sizeof(types) / sizeof(types[0]) == ENTRY_TYPES, "a row for each type");

static int check_step(const struct chain *chain, const struct step *step)
{
	return types[step->entry.type].check ? types[step->entry.type].check(chain, step) : 0;
}

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

/* Cannot fail. */
static void take_step(struct chain *chain, struct step *step)
{
	if (step_is_membership(step)) {
		membership_done(&chain->membership);
		chain->membership = step->membership;
		step->membership = (struct membership){0};
		chain->member_head = step->digest;
	}
	chain->generation++;
	chain->head = step->digest;
	chain->time = step->entry.time;
	chain->abandoned = abandoned_join(TAKE_PTR(step->abandoned), chain->abandoned);
	stage_keep(chain->stage);
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
	r = check_step(chain, step);
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

/* Whether what only a later version can follow is a member's; anything else was altered. */
static bool is_by_member(const struct chain *chain, const uint8_t *bytes, size_t size)
{
	const struct digest digest = entry_digest(bytes, size);
	const struct member *member;
	struct recipient_id signer;

	if (!chain->generation)
		return digest_equal(&digest, &chain->fingerprint);
	if (entry_signer(bytes, size, &signer) < 0)
		return false;
	member = membership_find(&chain->membership, signer);
	return member && entry_verify(bytes, size, &member->public) == 0;
}

int chain_follow(struct chain *chain, const uint8_t *bytes, size_t size)
{
	CLEANUP_STEP struct step step = {0};
	int r;

	assert(chain_staged(chain) == 0);

	if (stage_is_torn(chain->stage))
		return -EUCLEAN;
	r = step_read(bytes, size, &step);
	if (r == 0)
		r = follow_step(chain, &step, bytes, size);
	return r == -EPROTONOSUPPORT && !is_by_member(chain, bytes, size) ? -EBADMSG : r;
}

/* The entry as all types have it. */
static struct entry entry_of(const struct chain *chain, enum entry_type type, uint64_t time)
{
	return (struct entry){
		.type = type,
		.org = chain->org,
		.generation = chain->generation + 1,
		.previous = chain->head,
		.time = time,
		.root = map_root(chain->map),
		.member_head = chain->member_head,
	};
}

/* Sign what the step holds; everybody else will judge it as it is judged here. */
static int sign_step(struct chain *chain, struct step *step, const struct recipient *signer,
		     uint8_t **ret, size_t *ret_size)
{
	const struct member *member =
		membership_find(&chain->membership, recipient_public_id(recipient_public(signer)));
	int r;

	if (stage_is_torn(chain->stage))
		return -EUCLEAN;
	if (!member || member->can < types[step->entry.type].signer ||
	    member->can < stage_needs(chain->stage))
		return -EACCES;
	r = check_step(chain, step);
	if (r < 0)
		return r;
	r = entry_sign(&step->entry, signer, ret, ret_size);
	if (r == 0)
		step->digest = entry_digest(*ret, *ret_size);
	return r;
}

/* The same, and keep the step, which is emptied, for chain_accept(). */
static int sign_and_keep(struct chain *chain, struct step *step, const struct recipient *signer,
			 uint8_t **ret, size_t *ret_size)
{
	int r = sign_step(chain, step, signer, ret, ret_size);

	if (r < 0)
		return r;
	step_done(&chain->signed_step);
	chain->signed_step = *step;
	*step = (struct step){0};
	return 0;
}

int chain_sign(struct chain *chain, const struct recipient *signer, uint64_t time, uint8_t **ret,
	       size_t *ret_size)
{
	struct step step = {.entry = entry_of(chain, ENTRY_CHANGE, time)};
	int r;

	step.entry.rows = stage_rows(chain->stage, &step.entry.row_count);
	r = sign_and_keep(chain, &step, signer, ret, ret_size);
	/* The rows are the stage's. */
	if (r == 0)
		chain->signed_step.entry.rows = NULL;
	return r;
}

int chain_sign_membership(struct chain *chain, enum entry_type type,
			  const struct membership *membership, const struct recipient *signer,
			  uint64_t time, uint8_t **ret, size_t *ret_size)
{
	CLEANUP_STEP struct step step = {.entry = entry_of(chain, type, time)};
	int r;

	assert(chain_staged(chain) == 0);

	randombytes_buf(step.entry.nonce, sizeof(step.entry.nonce));
	r = membership_list(membership, &step.entry);
	if (r == 0)
		r = step_prepare(&step);
	return r < 0 ? r : sign_and_keep(chain, &step, signer, ret, ret_size);
}

int chain_sign_recover(struct chain *chain, const struct mark *abandoned,
		       const struct recipient *signer, uint64_t time, uint8_t **ret,
		       size_t *ret_size)
{
	CLEANUP_STEP struct step step = {.entry = entry_of(chain, ENTRY_RECOVER, time)};
	int r;

	assert(chain_staged(chain) == 0);

	step.entry.abandoned = *abandoned;
	r = step_prepare(&step);
	return r < 0 ? r : sign_and_keep(chain, &step, signer, ret, ret_size);
}

bool chain_abandons(const struct chain *chain, const struct mark *mark)
{
	return abandoned_covers(chain->abandoned, mark);
}

void chain_accept(struct chain *chain)
{
	take_step(chain, &chain->signed_step);
}
