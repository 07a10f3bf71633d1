#include "fs/share.h"

#include <stddef.h>

struct share {
	uid_t uid;
	uint64_t bytes;
};

struct shares {
	uint64_t limit;
	struct share *list; /* of users who have something open */
	size_t count;
};

int shares_new(uint64_t limit, struct shares **ret)
{
	struct shares *shares = calloc(1, sizeof *shares);

	if (!shares)
		return -ENOMEM;
	shares->limit = limit;
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

int shares_take(struct shares *shares, uid_t uid, uint64_t bytes)
{
	struct share *share = find_or_add(shares, uid);

	if (!share)
		return -ENOMEM;
	if (uid && (bytes > shares->limit || share->bytes > shares->limit - bytes))
		return -EDQUOT;
	share->bytes += bytes;
	return 0;
}

void shares_give(struct shares *shares, uid_t uid, uint64_t bytes)
{
	struct share *share = find(shares, uid);

	if (!share)
		return;
	share->bytes -= bytes < share->bytes ? bytes : share->bytes;
	if (!share->bytes)
		*share = shares->list[--shares->count];
}
