#include "fs/slots.h"

#include <stddef.h>

/* The low bits of a number are the place, the rest is the request's. */
enum { PLACE_BITS = 20, FIRST_ROOM = 64 };
_Static_assert(SLOTS_MAX == 1 << PLACE_BITS, "every place has a number");

struct slot {
	void *thing; /* NULL: vacant */
	uint64_t number;
	size_t next_vacant;
};

struct slots {
	struct slot *list;
	size_t room;
	size_t vacant; /* the first vacant place; `room` when there is none */
};

int slots_new(struct slots **ret)
{
	struct slots *slots = calloc(1, sizeof *slots);

	if (!slots)
		return -ENOMEM;
	*ret = slots;
	return 0;
}

struct slots *slots_free(struct slots *slots)
{
	if (slots)
		free(slots->list);
	free(slots);
	return NULL;
}

static int grow(struct slots *slots)
{
	const size_t room = slots->room ? slots->room * 2 : FIRST_ROOM;
	struct slot *list;

	if (room > SLOTS_MAX)
		return -ENFILE;
	list = reallocarray(slots->list, room, sizeof *list);
	if (!list)
		return -ENOMEM;
	for (size_t i = slots->room; i < room; i++)
		list[i] = (struct slot){.next_vacant = i + 1};
	slots->list = list;
	slots->room = room;
	return 0;
}

int slots_put(struct slots *slots, void *thing, uint64_t unique, uint64_t *ret_number)
{
	const size_t place = slots->vacant;
	struct slot *slot;
	int r = place == slots->room ? grow(slots) : 0;

	if (r < 0)
		return r;
	slot = &slots->list[place];
	slots->vacant = slot->next_vacant;
	slot->thing = thing;
	slot->number = unique << PLACE_BITS | place;
	*ret_number = slot->number;
	return 0;
}

int slots_restore(struct slots *slots, void *thing, uint64_t number)
{
	const size_t place = number & (SLOTS_MAX - 1);
	int r = 0;

	while (r == 0 && place >= slots->room)
		r = grow(slots);
	if (r < 0)
		return r;
	if (slots->list[place].thing)
		return -EEXIST;
	slots->list[place].thing = thing;
	slots->list[place].number = number;
	return 0;
}

void slots_settle(struct slots *slots)
{
	slots->vacant = slots->room;
	for (size_t i = slots->room; i > 0; i--) {
		if (slots->list[i - 1].thing)
			continue;
		slots->list[i - 1].next_vacant = slots->vacant;
		slots->vacant = i - 1;
	}
}

void slots_each(const struct slots *slots,
		void (*each)(void *context, void *thing, uint64_t number), void *context)
{
	for (size_t i = 0; i < slots->room; i++) {
		if (slots->list[i].thing)
			each(context, slots->list[i].thing, slots->list[i].number);
	}
}

static struct slot *find(const struct slots *slots, uint64_t number)
{
	const size_t place = number & (SLOTS_MAX - 1);
	struct slot *slot = place < slots->room ? &slots->list[place] : NULL;

	return slot && slot->thing && slot->number == number ? slot : NULL;
}

void *slots_get(const struct slots *slots, uint64_t number)
{
	const struct slot *slot = find(slots, number);

	return slot ? slot->thing : NULL;
}

void *slots_take(struct slots *slots, uint64_t number)
{
	struct slot *slot = find(slots, number);

	if (!slot)
		return NULL;
	slot->next_vacant = slots->vacant;
	slots->vacant = (size_t)(slot - slots->list);
	return TAKE_PTR(slot->thing);
}

void *slots_take_any(struct slots *slots)
{
	for (size_t i = 0; i < slots->room; i++) {
		if (slots->list[i].thing)
			return slots_take(slots, slots->list[i].number);
	}
	return NULL;
}
