#include "store/replay.h"

enum { FETCH_MAX = 256 }; /* entries at once */

struct replay {
	struct chain *chain;
	const struct mark *mark;
	bool passed; /* the log passes through the mark */
};

/* What the engine calls the entry's digest is what the next append is compared with. */
static int follow(void *context, const struct engine_entry *entry)
{
	struct replay *replay = context;
	int r;

	r = chain_follow(replay->chain, entry->bytes, entry->size);
	if (r < 0)
		return r;
	if (entry->generation != chain_generation(replay->chain) ||
	    !digest_equal(&entry->digest, chain_head(replay->chain)))
		return -EBADMSG;
	if (entry->generation == replay->mark->generation)
		replay->passed = digest_equal(&entry->digest, &replay->mark->head);
	return 0;
}

static int judge(const struct replay *replay)
{
	if (!replay->mark->generation || replay->passed)
		return 0;
	return chain_generation(replay->chain) < replay->mark->generation ? -ESTALE : -ENOTUNIQ;
}

int replay_log(struct engine *engine, struct chain *chain, const struct mark *mark)
{
	struct replay replay = {.chain = chain, .mark = mark};
	uint64_t generation;
	int r;

	do {
		generation = chain_generation(chain);
		r = engine->ops->fetch(engine, chain_org(chain), generation, FETCH_MAX, follow,
				       &replay);
		if (r < 0)
			return r;
	} while (chain_generation(chain) > generation);
	return generation ? judge(&replay) : -ENOENT;
}
