#include "fs/revivals.h"

#include <search.h>

static int compare(const void *left, const void *right)
{
	const struct revival *a = left;
	const struct revival *b = right;

	return a->number < b->number ? -1 : a->number > b->number;
}

void revivals_done(struct revivals *revivals)
{
	tdestroy(revivals->tree, free);
	revivals->tree = NULL;
}

struct revival *revivals_find(const struct revivals *revivals, uint64_t number)
{
	const struct revival wanted = {.number = number};
	struct revival *const *found = tfind(&wanted, &revivals->tree, compare);

	return found ? *found : NULL;
}

struct revival *revivals_add(struct revivals *revivals, uint64_t number)
{
	struct revival *revival = revivals_find(revivals, number);

	if (revival)
		return revival;
	revival = calloc(1, sizeof *revival);
	if (!revival)
		return NULL;
	revival->number = number;
	if (tsearch(revival, &revivals->tree, compare))
		return revival;
	free(revival);
	return NULL;
}

void revivals_remove(struct revivals *revivals, uint64_t number)
{
	struct revival *revival = revivals_find(revivals, number);

	if (!revival)
		return;
	tdelete(revival, &revivals->tree, compare);
	free(revival);
}

struct visit {
	void (*each)(void *context, const struct revival *revival);
	void *context;
};

static void visit_one(const void *node, VISIT order, void *context)
{
	const struct visit *visit = context;

	if (order == postorder || order == leaf)
		visit->each(visit->context, *(const struct revival *const *)node);
}

void revivals_each(const struct revivals *revivals,
		   void (*each)(void *context, const struct revival *revival), void *context)
{
	struct visit visit = {each, context};

	twalk_r(revivals->tree, visit_one, &visit);
}
