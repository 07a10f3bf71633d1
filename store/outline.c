#include "store/outline.h"

#include "store/entry.h"

enum { FETCH_MAX = 1024 };

void outline_done(struct outline *outline)
{
	free(outline->entries);
	*outline = (struct outline){0};
}

static int take(void *context, const struct engine_entry *coded)
{
	struct outline *outline = context;
	CLEANUP_ENTRY struct entry entry = {0};
	struct outline_entry *entries = outline->entries;

	if (outline->count == outline->room) {
		outline->room = outline->room ? 2 * outline->room : 64;
		entries = reallocarray(entries, outline->room, sizeof(*entries));
		if (!entries)
			return -ENOMEM;
		outline->entries = entries;
	}
	if (entry_decode(coded->bytes, coded->size, &entry) < 0)
		entry.time = 0;
	entries[outline->count++] = (struct outline_entry){
		.digest = entry_digest(coded->bytes, coded->size), .time = entry.time};
	return 0;
}

int outline_make(struct engine *engine, struct org_id org, struct outline *ret)
{
	size_t former;
	int r;

	*ret = (struct outline){0};
	do {
		former = ret->count;
		r = engine->ops->fetch(engine, org, former, FETCH_MAX, take, ret);
	} while (r == 0 && ret->count > former);
	return r;
}

uint64_t outline_common(const struct outline *a, const struct outline *b)
{
	uint64_t common = 0;

	while (common < a->count && common < b->count &&
	       digest_equal(&a->entries[common].digest, &b->entries[common].digest))
		common++;
	return common;
}
