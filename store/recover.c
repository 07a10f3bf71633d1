#include "store/recover.h"

#include "store/clock.h"
#include "store/replay.h"

int recover_log(const struct recover_log *log, const struct recipient *host,
		const struct mark *abandoned, struct mark *ret)
{
	CLEANUP(chain_freep) struct chain *chain = NULL;
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct engine_entry entry = {0};
	const struct engine_append append = {
		.org = org_id_of(&log->fingerprint), .entries = &entry, .entry_count = 1};
	int r;

	r = chain_new(&log->fingerprint, &chain);
	if (r == 0)
		r = replay_log(log->engine, chain, &log->found);
	if (r == 0)
		r = chain_sign_recover(chain, abandoned, host, clock_now(), &bytes, &entry.size);
	if (r < 0)
		return r;
	entry.bytes = bytes;
	entry.generation = chain_generation(chain) + 1;
	entry.previous = *chain_head(chain);
	entry.digest = entry_digest(bytes, entry.size);
	r = log->engine->ops->append(log->engine, &append);
	if (r < 0)
		return r;
	chain_accept(chain);
	*ret = (struct mark){chain_generation(chain), *chain_head(chain), chain_time(chain)};
	return 0;
}
