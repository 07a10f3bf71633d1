#include "store/refresh.h"

#include "store/replay.h"

enum { FETCH_MAX = 256 }; /* entries at once */

struct following {
	struct chain *chain;
	struct record_id *ids; /* of items that entries changed, some twice */
	size_t count;
	bool membership;
};

static void following_done(struct following *following)
{
	free(following->ids);
}

static int note(struct following *following, const struct entry *entry)
{
	const size_t room = following->count + entry->row_count;
	struct record_id *ids = reallocarray(following->ids, room + 1, sizeof(*ids));

	if (!ids)
		return -ENOMEM;
	following->ids = ids;
	for (size_t i = 0; i < entry->row_count; i++) {
		if (entry->rows[i].ref.table == ROW_ITEM)
			ids[following->count++] = entry->rows[i].ref.id;
	}
	if (entry->type != ENTRY_CHANGE)
		following->membership = true;
	return 0;
}

/* Of an entry that is not followed nothing is looked at again: what it speaks of stays as it was,
 * whatever has become of it in the engine. */
static int follow(void *context, const struct engine_entry *entry)
{
	struct following *following = context;
	const size_t count = following->count;
	const bool membership = following->membership;
	CLEANUP_ENTRY struct entry decoded = {0};
	int r;

	r = entry_decode(entry->bytes, entry->size, &decoded);
	if (r == 0)
		r = note(following, &decoded);
	/* Whose an entry of a later version is, the chain knows. */
	if (r == 0 || r == -EPROTONOSUPPORT)
		r = replay_entry(following->chain, entry);
	if (r < 0) {
		following->count = count;
		following->membership = membership;
	}
	return r;
}

static int follow_all(struct following *following, struct engine *engine)
{
	struct chain *chain = following->chain;
	uint64_t generation;
	int r;

	do {
		generation = chain_generation(chain);
		r = engine->ops->fetch(engine, chain_org(chain), generation, FETCH_MAX, follow,
				       following);
	} while (r == 0 && chain_generation(chain) > generation);
	return r;
}

static int compare_ids(const void *a, const void *b)
{
	const struct record_id *left = a, *right = b;

	return record_id_compare(*left, *right);
}

/* A record that was only sealed anew is the same. */
static bool is_same(const struct news_item *item, const struct record *now)
{
	if (!item->existed || !now)
		return item->existed == (now != NULL);
	return item->former.kind == now->kind && item->former.version == now->version;
}

static int fold(const struct opener *opener, struct index *index, struct record_id id,
		struct news *news)
{
	struct news_item *item = &news->items[news->count];
	const struct record *former = index_get(index, id);
	bool damaged;
	int r = 0;

	*item = (struct news_item){.id = id, .existed = former};
	if (former)
		r = record_copy(former, &item->former);
	if (r == 0)
		r = opener_record(opener, id, index, &damaged);
	if (r == 0 && !is_same(item, index_get(index, id)))
		news->count++;
	else
		record_done(&item->former);
	return r;
}

static int fold_all(const struct opener *opener, struct index *index, struct following *following,
		    struct news *news)
{
	int r = 0;

	news->items = calloc(following->count + 1, sizeof(*news->items));
	if (!news->items)
		return -ENOMEM;
	if (following->count > 1)
		qsort(following->ids, following->count, sizeof(*following->ids), compare_ids);
	for (size_t i = 0; r == 0 && i < following->count; i++) {
		if (i == 0 || !record_id_equal(following->ids[i - 1], following->ids[i]))
			r = fold(opener, index, following->ids[i], news);
	}
	return r;
}

static bool is_member(const struct refreshed *refreshed)
{
	const struct recipient_id id = recipient_public_id(recipient_public(refreshed->host));
	enum capability can;

	return chain_member(refreshed->chain, id, &can);
}

int refresh(const struct refreshed *refreshed, struct news *ret)
{
	CLEANUP(following_done) struct following following = {.chain = refreshed->chain};
	const struct opener *opener = &refreshed->opener;
	int stopped, r = 0;

	*ret = (struct news){0};
	stopped = follow_all(&following, opener->engine);
	if (stopped < 0 && stopped != -EBADMSG && stopped != -EPROTONOSUPPORT)
		return stopped;
	if (!is_member(refreshed))
		return -EKEYREJECTED;
	ret->membership = following.membership;
	if (following.membership)
		r = keyring_load(refreshed->keyring, opener->pool, opener->engine, refreshed->chain,
				 refreshed->host);
	if (r == 0)
		r = fold_all(opener, refreshed->index, &following, ret);
	return r < 0 ? r : stopped;
}
