#include "fs/seen.h"

#include <string.h>

#include "fs/event.h"

static void put_pending(void *context, const struct pending *pending)
{
	const struct event_pending event = {
		.pin = pending->pin,
		.id = pending->id,
		.parent = pending->parent,
		.target = pending->target,
		.maker = pending->maker,
		.made = pending->made,
	};

	journal_append(context, EVENT_PENDING, &event, sizeof event,
		       (struct journal_tail){pending->name, strlen(pending->name)});
}

static void count_pending(void *context, const struct pending *pending)
{
	struct event_number *event = context;

	(void)pending;
	event->number++;
}

static void compare_pendings(struct seen *seen, const struct pendings *pendings,
			     struct journal *journal)
{
	const uint64_t changes = pendings_changes(pendings);
	struct event_number event = {0};

	if (changes == seen->pendings)
		return;
	seen->pendings = changes;
	pendings_each(pendings, count_pending, &event);
	journal_append(journal, EVENT_PENDINGS, &event, sizeof event, NO_TAIL);
	pendings_each(pendings, put_pending, journal);
}

static bool vacancy_is_same(const struct vacancy *a, const struct vacancy *b)
{
	return a->since == b->since && a->taken == b->taken && a->uid == b->uid &&
	       a->pid == b->pid && node_equal(&a->account, &b->account);
}

static void put_vacancy(struct journal *journal, size_t place, const struct vacancy *vacancy)
{
	struct event_vacancy event = {
		.place = place,
		.account = event_node_of(&vacancy->account),
		.uid = vacancy->uid,
		.pid = (uint32_t)vacancy->pid,
		.since = vacancy->since,
		.taken = vacancy->taken,
	};

	_Static_assert(sizeof event.provider == sizeof vacancy->provider, "a copy");
	memcpy(event.provider, vacancy->provider, sizeof event.provider);
	journal_append(journal, EVENT_VACANCY, &event, sizeof event, NO_TAIL);
}

static void compare_vacancies(struct vacancies *seen, const struct vacancies *now,
			      struct journal *journal)
{
	if (now->changes == seen->changes)
		return;
	for (size_t i = 0; i < VACANCIES; i++) {
		if (!vacancy_is_same(&now->list[i], &seen->list[i]))
			put_vacancy(journal, i, &now->list[i]);
	}
	*seen = *now;
}

static void put_tombstone(struct journal *journal, size_t place, const struct tombstone *tombstone)
{
	const struct event_tombstone event = {
		.place = place,
		.pin = tombstone->pin,
		.field = tombstone->field,
		.uid = tombstone->uid,
		.version = tombstone->version,
		.size = tombstone->size,
		.updated = tombstone->updated,
		.removed = tombstone->removed,
	};

	journal_append(journal, EVENT_TOMBSTONE, &event, sizeof event, NO_TAIL);
}

static void compare_tombstones(struct tombstones *seen, const struct tombstones *now,
			       struct journal *journal)
{
	if (now->changes == seen->changes)
		return;
	for (size_t i = 0; i < TOMBSTONES; i++) {
		const struct tombstone *one = &now->list[i];

		if (one->removed != seen->list[i].removed ||
		    !record_id_equal(one->field, seen->list[i].field))
			put_tombstone(journal, i, one);
	}
	*seen = *now;
}

static bool org_is_same(const struct tree_org *a, const struct tree_org *b)
{
	return a->access_generation == b->access_generation &&
	       a->access_changed == b->access_changed && a->remover == b->remover &&
	       a->removed == b->removed;
}

static void put_org(struct journal *journal, size_t pin, const struct tree_org *org)
{
	const struct event_org event = {pin, org->access_generation, org->access_changed,
					(uint64_t)org->remover, org->removed};

	journal_append(journal, EVENT_ORG, &event, sizeof event, NO_TAIL);
}

static bool have_room_for_orgs(struct seen *seen, size_t count)
{
	struct tree_org *orgs;

	if (seen->org_count >= count)
		return true;
	orgs = reallocarray(seen->orgs, count, sizeof *orgs);
	if (!orgs)
		return false;
	memset(orgs + seen->org_count, 0, (count - seen->org_count) * sizeof *orgs);
	seen->orgs = orgs;
	seen->org_count = count;
	return true;
}

/* The first is what lies in no organisation. */
static void compare_orgs(struct seen *seen, struct tree *tree, struct journal *journal)
{
	if (tree->org_changes == seen->org_changes ||
	    !have_room_for_orgs(seen, tree->org_count + 1))
		return;
	seen->org_changes = tree->org_changes;
	for (size_t i = 0; i <= tree->org_count; i++) {
		const size_t pin = i ? i - 1 : NO_PIN;
		const struct tree_org *org = tree_org_state(tree, pin);

		if (org_is_same(org, &seen->orgs[i]))
			continue;
		put_org(journal, pin, org);
		seen->orgs[i] = *org;
	}
}

void seen_compare(struct seen *seen, struct tree *tree, struct journal *journal)
{
	compare_pendings(seen, tree->pendings, journal);
	compare_vacancies(&seen->vacancies, &tree->vacancies, journal);
	compare_tombstones(&seen->tombstones, &tree->tombstones, journal);
	compare_orgs(seen, tree, journal);
}

void seen_forget(struct seen *seen)
{
	memset(&seen->vacancies, 0, sizeof seen->vacancies);
	seen->vacancies.changes = UINT64_MAX;
	memset(&seen->tombstones, 0, sizeof seen->tombstones);
	seen->tombstones.changes = UINT64_MAX;
	seen->pendings = UINT64_MAX;
	seen->org_count = 0;
	seen->org_changes = UINT64_MAX;
}

void seen_done(struct seen *seen)
{
	free(seen->orgs);
}
