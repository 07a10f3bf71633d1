#include "fs/outstanding.h"

#include <string.h>

/* Take one out, the others keep their order. */
static void drop(struct outstanding *outstanding, size_t index)
{
	memmove(&outstanding->intents[index], &outstanding->intents[index + 1],
		(--outstanding->intended - index) * sizeof outstanding->intents[0]);
}

static void forget(struct outstanding *outstanding, uint64_t unique)
{
	for (size_t i = 0; i < outstanding->intended; i++) {
		if (outstanding->intents[i].event.unique == unique)
			drop(outstanding, i--);
	}
}

void outstanding_intend(struct outstanding *outstanding, const struct event_intent *event)
{
	forget(outstanding, event->unique);
	/* The oldest was answered long ago, without anything to be told of it. */
	if (outstanding->intended == OUTSTANDING_MAX)
		drop(outstanding, 0);
	outstanding->intents[outstanding->intended++] =
		(struct outstanding_intent){.event = *event};
}

void outstanding_answer(struct outstanding *outstanding, uint64_t unique, const uint8_t *bytes,
			size_t size)
{
	struct outstanding_answer *place =
		&outstanding->answers[outstanding->answered++ % OUTSTANDING_MAX];

	place->unique = unique;
	place->message.size = (uint32_t)size;
	memcpy(place->message.bytes, bytes, size);
	forget(outstanding, unique);
}

/* An organisation that was to be made: its name tells. */
static bool is_done(struct tree *tree, const struct event_intent *intent)
{
	const struct node node = {.kind = NODE_ORG, .pin = intent->pin};
	struct org *org = NULL;
	bool written = false;

	if (intent->pin == NO_PIN)
		return true;
	/* Another process may have written since, or in its place: `credfs key` has the same key.
	 */
	return intent->time && intent->pin < pins_count(store_pins(tree->store)) &&
	       tree_org(tree, &node, &org) == 0 &&
	       org_has_written(org, intent->generation, intent->time, &written) == 0 && written;
}

void outstanding_judge(struct outstanding *outstanding, struct tree *tree,
		       void (*withdraw)(void *context, const struct event_intent *event),
		       void *context)
{
	for (size_t i = 0; i < outstanding->intended; i++) {
		struct outstanding_intent *intent = &outstanding->intents[i];

		intent->done = is_done(tree, &intent->event);
		if (!intent->done)
			withdraw(context, &intent->event);
	}
}

const struct shared_message *outstanding_find(const struct outstanding *outstanding,
					      uint64_t unique)
{
	for (size_t i = 0; i < OUTSTANDING_MAX; i++) {
		if (outstanding->answers[i].unique == unique && unique)
			return &outstanding->answers[i].message;
	}
	return NULL;
}

const struct event_intent *outstanding_done(const struct outstanding *outstanding, uint64_t unique)
{
	for (size_t i = 0; i < outstanding->intended; i++) {
		const struct outstanding_intent *intent = &outstanding->intents[i];

		if (intent->event.unique == unique && intent->done)
			return &intent->event;
	}
	return NULL;
}
