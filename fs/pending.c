#include "fs/pending.h"

#include <time.h>

enum { PER_MAKER = 64, EXPIRE_SECONDS = 600 };

struct pendings {
	struct pending *list;
	size_t count;
	uint64_t changes;
};

int pendings_new(struct pendings **ret)
{
	struct pendings *pendings = calloc(1, sizeof *pendings);

	if (!pendings)
		return -ENOMEM;
	*ret = pendings;
	return 0;
}

struct pendings *pendings_free(struct pendings *pendings)
{
	if (pendings) {
		for (size_t i = 0; i < pendings->count; i++)
			free(pendings->list[i].name);
		free(pendings->list);
		free(pendings);
	}
	return NULL;
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

struct pending *pendings_find(struct pendings *pendings, struct record_id parent, const char *name)
{
	for (size_t i = 0; i < pendings->count; i++) {
		struct pending *pending = &pendings->list[i];

		if (record_id_equal(pending->parent, parent) && strcmp(pending->name, name) == 0)
			return pending;
	}
	return NULL;
}

struct pending *pendings_get(struct pendings *pendings, struct record_id id)
{
	for (size_t i = 0; i < pendings->count; i++) {
		if (record_id_equal(pendings->list[i].id, id))
			return &pendings->list[i];
	}
	return NULL;
}

void pendings_remove(struct pendings *pendings, struct record_id id)
{
	struct pending *pending = pendings_get(pendings, id);

	if (!pending)
		return;
	free(pending->name);
	*pending = pendings->list[--pendings->count];
	pendings->changes++;
}

void pendings_settle(struct pendings *pendings, struct record_id id)
{
	const struct pending *pending = pendings_get(pendings, id);

	if (pending && !pending->users && record_id_is_zero(pending->target))
		pendings_remove(pendings, id);
}

/* Links that nobody renamed are dropped when the next one comes. */
static void expire(struct pendings *pendings)
{
	const uint64_t time = now();

	for (size_t i = pendings->count; i > 0; i--) {
		const struct pending *pending = &pendings->list[i - 1];

		if (!record_id_is_zero(pending->target) &&
		    time - pending->made > (uint64_t)EXPIRE_SECONDS * 1000000000u)
			pendings_remove(pendings, pending->id);
	}
}

static size_t count_of(const struct pendings *pendings, uid_t maker)
{
	size_t count = 0;

	for (size_t i = 0; i < pendings->count; i++)
		count += pendings->list[i].maker == maker;
	return count;
}

static int add(struct pendings *pendings, const struct pending *model, struct pending **ret)
{
	struct pending *list = reallocarray(pendings->list, pendings->count + 1, sizeof *list);

	if (!list)
		return -ENOMEM;
	pendings->list = list;
	list += pendings->count;
	*list = *model;
	list->name = strdup(model->name);
	if (!list->name)
		return -ENOMEM;
	pendings->count++;
	pendings->changes++;
	*ret = list;
	return 0;
}

int pendings_add(struct pendings *pendings, const struct pending *model, struct pending **ret)
{
	int r;

	expire(pendings);
	if (count_of(pendings, model->maker) >= PER_MAKER)
		return -ENOSPC;
	r = add(pendings, model, ret);
	if (r == 0)
		(*ret)->made = now();
	return r;
}

int pendings_restore(struct pendings *pendings, const struct pending *model)
{
	struct pending *added = NULL;
	int r = add(pendings, model, &added);

	if (r == 0)
		added->users = 0;
	return r;
}

void pendings_clear(struct pendings *pendings)
{
	while (pendings->count)
		pendings_remove(pendings, pendings->list[0].id);
}

void pendings_settle_all(struct pendings *pendings)
{
	for (size_t i = pendings->count; i > 0; i--)
		pendings_settle(pendings, pendings->list[i - 1].id);
}

uint64_t pendings_changes(const struct pendings *pendings)
{
	return pendings->changes;
}

void pendings_each(const struct pendings *pendings,
		   void (*each)(void *context, const struct pending *pending), void *context)
{
	for (size_t i = 0; i < pendings->count; i++)
		each(context, &pendings->list[i]);
}
