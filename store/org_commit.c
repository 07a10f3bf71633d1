/*
 * Changes that come together cost one signature for each organisation and one transaction: they are
 * staged in their organisations' chains one behind the other, appended as one, and only then told
 * to the indexes. Until it is durable nothing else can be asked of these organisations, so that
 * nobody sees what might still fail; if it does, freeing the commits puts the chains back.
 */
#include "store/commit.h"
#include "store/org_parts.h"
#include "store/reseal.h"

/* All that is to be changed in one organisation. */
struct part {
	struct org *org;
	struct commit *commit;
	size_t healed; /* records that were damaged, and are not after it */
};

struct parts {
	struct part list[ORG_CHANGES_MAX];
	size_t count;
};

static void parts_done(struct parts *parts)
{
	for (size_t i = 0; i < parts->count; i++)
		commit_free(parts->list[i].commit);
}

/* A record that was damaged and is written anew or removed is damaged no more. */
static size_t count_healed(const struct org *org, const struct change *change)
{
	const struct change_item *items;
	size_t count = change_items(change, &items), healed = 0;

	for (size_t i = 0; org->damaged && i < count; i++) {
		if (map_get(chain_map(org->chain), ROW_ITEM, items[i].record.id, 0) &&
		    !index_get(org->index, items[i].record.id))
			healed++;
	}
	return healed;
}

/* The part of this organisation, a new one when there was none. */
static int part_of(struct parts *parts, const struct org_change *change, struct part **ret)
{
	struct org *org = change->org;
	struct part *part = &parts->list[parts->count];
	int r;

	for (size_t i = 0; i < parts->count; i++) {
		if (parts->list[i].org == org) {
			*ret = &parts->list[i];
			return 0;
		}
	}
	if (org->unclean)
		return -EUCLEAN;
	*part = (struct part){.org = org};
	r = commit_new(org->chain, org->index, org->keyring, org->host, &part->commit);
	if (r < 0)
		return r;
	if (change->time)
		commit_date(part->commit, change->time);
	parts->count++;
	*ret = part;
	return 0;
}

static int stage(struct parts *parts, const struct org_change *change)
{
	const size_t healed = count_healed(change->org, change->change);
	struct part *part = NULL;
	int r = part_of(parts, change, &part);

	if (r == 0)
		r = commit_add(part->commit, change->change);
	if (r == 0)
		part->healed += healed;
	return r;
}

/* Sign what is staged, and link it. */
static int sign(struct parts *parts, struct engine_append **ret)
{
	struct engine_append *next = NULL;

	for (size_t i = parts->count; i-- > 0;) {
		struct engine_append *append = NULL;
		int r = commit_sign(parts->list[i].commit, NULL, &append);

		if (r < 0)
			return r;
		if (!append)
			continue;
		append->next = next;
		next = append;
	}
	*ret = next;
	return 0;
}

/* It is durable: have it seen. An index that could not take it is good for nothing. */
static void settle(struct parts *parts)
{
	for (size_t i = 0; i < parts->count; i++) {
		struct part *part = &parts->list[i];

		commit_accept(part->commit);
		part->org->damaged -= part->healed;
		if (commit_fold(part->commit) < 0)
			part->org->unclean = true;
	}
}

int org_commit_all(const struct org_change *list, size_t count)
{
	CLEANUP(parts_done) struct parts parts = {.count = 0};
	struct engine_append *append = NULL;
	int r = count <= ORG_CHANGES_MAX ? 0 : -EINVAL;

	for (size_t i = 0; i < count && r == 0; i++)
		r = stage(&parts, &list[i]);
	if (r == 0)
		r = sign(&parts, &append);
	if (r == 0 && append) {
		struct engine *engine = list[0].org->engine;

		r = engine->ops->append(engine, append);
	}
	if (r == 0)
		settle(&parts);
	return r;
}

int org_commit_at(struct org *org, const struct change *change, uint64_t time)
{
	const struct org_change one = {org, change, time};
	int r = org_commit_all(&one, 1);

	return r == 0 && org->unclean ? -EUCLEAN : r;
}

int org_commit(struct org *org, const struct change *change)
{
	return org_commit_at(org, change, 0);
}

struct seeking {
	struct recipient_id signer;
	uint64_t time;
	struct digest last;
	uint64_t generation; /* of the last */
	bool found;
};

/* They were verified before, each with the digest of the one before it in it. */
static int seek(void *context, const struct engine_entry *entry)
{
	struct seeking *seeking = context;
	CLEANUP_ENTRY struct entry decoded = {0};
	int r = entry_decode(entry->bytes, entry->size, &decoded);

	if (r < 0)
		return r;
	if (seeking->generation && !digest_equal(&decoded.previous, &seeking->last))
		return -EBADMSG;
	seeking->last = entry_digest(entry->bytes, entry->size);
	seeking->generation = entry->generation;
	seeking->found |= decoded.type == ENTRY_CHANGE && decoded.time == seeking->time &&
			  recipient_id_equal(decoded.signer, seeking->signer);
	return 0;
}

int org_has_written(const struct org *org, uint64_t generation, uint64_t time, bool *ret)
{
	const uint64_t newest = chain_generation(org->chain);
	struct seeking seeking = {
		.signer = recipient_public_id(recipient_public(org->host)),
		.time = time,
	};
	int r = 0;

	if (generation < newest)
		r = org->engine->ops->fetch(org->engine, org_id(org), generation,
					    newest - generation, seek, &seeking);
	if (r == 0 && seeking.generation && !digest_equal(&seeking.last, chain_head(org->chain)))
		r = -EBADMSG;
	if (r == 0)
		*ret = seeking.found;
	return r;
}

bool org_is_unclean(const struct org *org)
{
	return org->unclean;
}

size_t org_reseal_left(const struct org *org)
{
	return org_membership(org)->epoch_count > 1 ? reseal_left(org->chain) : 0;
}

int org_reseal(struct org *org, size_t max, struct resealed *ret)
{
	CLEANUP(commit_freep) struct commit *commit = NULL;
	const struct opener opener = org_opener(org);
	const struct rekey rekey = org_rekey(org);
	int r;

	*ret = (struct resealed){.moved = 0};
	if (org_membership(org)->epoch_count == 1)
		return 0;
	r = commit_new(org->chain, org->index, org->keyring, org->host, &commit);
	if (r == 0)
		r = reseal_stage(&opener, commit, max, &ret->moved);
	if (r == 0)
		r = commit_append(commit, org->engine, NULL);
	if (r < 0)
		return r;
	ret->left = reseal_left(org->chain);
	if (ret->left > 0)
		return 0;
	return rekey_retire(&rekey);
}
