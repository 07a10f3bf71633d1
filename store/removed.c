#include "store/removed.h"

#include <search.h>

struct removed {
	void *ids; /* a tree of <search.h> */
};

int removed_new(struct removed **ret)
{
	struct removed *removed = calloc(1, sizeof(*removed));

	if (!removed)
		return -ENOMEM;
	*ret = removed;
	return 0;
}

struct removed *removed_free(struct removed *removed)
{
	if (!removed)
		return NULL;
	tdestroy(removed->ids, free);
	free(removed);
	return NULL;
}

static int compare(const void *a, const void *b)
{
	const struct record_id *left = a, *right = b;

	return record_id_compare(*left, *right);
}

bool removed_has(const struct removed *removed, struct record_id id)
{
	return tfind(&id, &removed->ids, compare);
}

int removed_put(struct removed *removed, struct record_id id)
{
	CLEANUP_FREE struct record_id *own = malloc(sizeof(*own));

	if (!own)
		return -ENOMEM;
	*own = id;
	if (!tsearch(own, &removed->ids, compare))
		return -ENOMEM;
	(void)TAKE_PTR(own);
	return 0;
}

void removed_forget(struct removed *removed, struct record_id id)
{
	struct record_id *const *found = tfind(&id, &removed->ids, compare);
	struct record_id *own = *found;

	tdelete(&id, &removed->ids, compare);
	free(own);
}
