#include "fs/quota.h"

struct quota {
	uid_t uid;
	uint64_t bytes;
};

void quotas_done(struct quotas *quotas)
{
	quotas_reset(quotas);
}

void quotas_reset(struct quotas *quotas)
{
	free(quotas->list);
	quotas->list = NULL;
	quotas->count = 0;
}

static struct quota *find(const struct quotas *quotas, uid_t uid)
{
	for (size_t i = 0; i < quotas->count; i++) {
		if (quotas->list[i].uid == uid)
			return &quotas->list[i];
	}
	return NULL;
}

bool quotas_is_full(const struct quotas *quotas, uid_t uid)
{
	const struct quota *quota = uid ? find(quotas, uid) : NULL;

	return quota && quota->bytes >= quotas->share;
}

void quotas_add(struct quotas *quotas, uid_t uid, uint64_t bytes)
{
	struct quota *quota = find(quotas, uid);

	if (!quota) {
		struct quota *list = reallocarray(quotas->list, quotas->count + 1, sizeof *list);

		if (!list)
			return;
		quotas->list = list;
		quota = &list[quotas->count++];
		*quota = (struct quota){.uid = uid};
	}
	quota->bytes += bytes;
}
