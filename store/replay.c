#include "store/replay.h"

enum { FETCH_MAX = 256 }; /* entries at once */

struct replay {
	struct chain *chain;
	const struct mark *mark;
	bool passed; /* the log passes through the mark */
};

int replay_entry(struct chain *chain, const struct engine_entry *entry)
{
	const struct digest digest = entry_digest(entry->bytes, entry->size);

	if (entry->generation != chain_generation(chain) + 1 ||
	    !digest_equal(&entry->digest, &digest))
		return -EBADMSG;
	return chain_follow(chain, entry->bytes, entry->size);
}

static int follow(void *context, const struct engine_entry *entry)
{
	struct replay *replay = context;
	int r = replay_entry(replay->chain, entry);

	if (r < 0)
		return r;
	if (entry->generation == replay->mark->generation)
		replay->passed = digest_equal(&entry->digest, &replay->mark->head);
	return 0;
}

static int judge(const struct replay *replay)
{
	if (!replay->mark->generation || replay->passed ||
	    chain_abandons(replay->chain, replay->mark))
		return 0;
	return chain_generation(replay->chain) < replay->mark->generation ? -ESTALE : -ENOTUNIQ;
}

struct seeing {
	const struct mark *mark;
	bool seen;
};

static int see(void *context, const struct engine_entry *entry)
{
	struct seeing *seeing = context;
	struct digest digest = entry_digest(entry->bytes, entry->size);

	seeing->seen = entry->generation == seeing->mark->generation &&
		       digest_equal(&digest, &seeing->mark->head);
	return 0;
}

/* What was verified up to the mark needs no second look if the log leads there. That the mark's
 * entry is in the engine proves nothing, but a log that cannot lead there is verified as a whole,
 * so as to tell what is wrong with it. */
static int trust_mark(struct engine *engine, struct chain *chain, const struct mark *mark)
{
	struct seeing seeing = {.mark = mark};
	int r;

	if (!mark->generation)
		return 0;
	r = engine->ops->fetch(engine, chain_org(chain), mark->generation - 1, 1, see, &seeing);
	if (r == 0 && seeing.seen)
		chain_trust(chain, mark);
	return r;
}

int replay_log(struct engine *engine, struct chain *chain, const struct mark *mark)
{
	struct replay replay = {.chain = chain, .mark = mark};
	uint64_t generation;
	int r = trust_mark(engine, chain, mark);

	if (r < 0)
		return r;
	do {
		generation = chain_generation(chain);
		r = engine->ops->fetch(engine, chain_org(chain), generation, FETCH_MAX, follow,
				       &replay);
		if (r < 0)
			return r;
	} while (chain_generation(chain) > generation);
	return generation ? judge(&replay) : -ENOENT;
}
