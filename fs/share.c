#include "fs/share.h"

#include <stdbool.h>
#include <stddef.h>

struct share {
	uid_t uid;
	uint64_t bytes;
};

/* Parts of the memory: one is what a user may hold, one what is little, and how much all may hold
 * together, whoever asks for more than little and whoever does not. */
enum { USER_PART = 8, LITTLE_PART = 64 };
static uint64_t most_for_all(uint64_t memory, bool little)
{
	return little ? memory / 8 * 5 : memory / 2;
}

struct shares {
	uint64_t memory;
	uint64_t all;	    /* of everybody but root */
	struct share *list; /* of users who have something open */
	size_t count;
};

int shares_new(uint64_t memory, struct shares **ret)
{
	struct shares *shares = calloc(1, sizeof *shares);

	if (!shares)
		return -ENOMEM;
	shares->memory = memory;
	*ret = shares;
	return 0;
}

struct shares *shares_free(struct shares *shares)
{
	if (shares)
		free(shares->list);
	free(shares);
	return NULL;
}

static struct share *find(struct shares *shares, uid_t uid)
{
	for (size_t i = 0; i < shares->count; i++) {
		if (shares->list[i].uid == uid)
			return &shares->list[i];
	}
	return NULL;
}

static struct share *find_or_add(struct shares *shares, uid_t uid)
{
	struct share *share = find(shares, uid);
	struct share *list;

	if (share)
		return share;
	list = reallocarray(shares->list, shares->count + 1, sizeof *list);
	if (!list)
		return NULL;
	shares->list = list;
	share = &list[shares->count++];
	*share = (struct share){.uid = uid};
	return share;
}

static bool is_within(const struct shares *shares, const struct share *share, uint64_t bytes)
{
	const uint64_t user = shares->memory / USER_PART;
	const bool little = share->bytes + bytes <= shares->memory / LITTLE_PART;

	return bytes <= user && share->bytes <= user - bytes &&
	       shares->all + bytes <= most_for_all(shares->memory, little);
}

int shares_take(struct shares *shares, uid_t uid, uint64_t bytes)
{
	struct share *share = find_or_add(shares, uid);

	if (!share)
		return -ENOMEM;
	if (uid && !is_within(shares, share, bytes))
		return -EDQUOT;
	share->bytes += bytes;
	if (uid)
		shares->all += bytes;
	return 0;
}

void shares_give(struct shares *shares, uid_t uid, uint64_t bytes)
{
	struct share *share = find(shares, uid);

	if (!share)
		return;
	if (bytes > share->bytes)
		bytes = share->bytes;
	share->bytes -= bytes;
	if (uid)
		shares->all -= bytes;
	if (!share->bytes)
		*share = shares->list[--shares->count];
}
