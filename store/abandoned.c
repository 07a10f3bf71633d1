#include "store/abandoned.h"

struct abandoned {
	uint64_t since;
	struct mark end;
	struct abandoned *next;
};

int abandoned_new(uint64_t since, const struct mark *end, struct abandoned **ret)
{
	struct abandoned *abandoned = calloc(1, sizeof(*abandoned));

	if (!abandoned)
		return -ENOMEM;
	abandoned->since = since;
	abandoned->end = *end;
	*ret = abandoned;
	return 0;
}

struct abandoned *abandoned_free(struct abandoned *list)
{
	while (list) {
		struct abandoned *next = list->next;

		free(list);
		list = next;
	}
	return NULL;
}

struct abandoned *abandoned_join(struct abandoned *one, struct abandoned *list)
{
	if (!one)
		return list;
	one->next = list;
	return one;
}

/* That a mark below the end lies on the way to it is the manager's word, as is all the rest. */
static bool covers(const struct abandoned *abandoned, const struct mark *mark)
{
	if (mark->generation == abandoned->end.generation)
		return digest_equal(&mark->head, &abandoned->end.head);
	return mark->generation >= abandoned->since && mark->generation < abandoned->end.generation;
}

bool abandoned_covers(const struct abandoned *list, const struct mark *mark)
{
	for (; list; list = list->next) {
		if (covers(list, mark))
			return true;
	}
	return false;
}
