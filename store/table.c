#include "store/table.h"

#include <sodium.h>

enum { ROOM_MIN = 16 };

_Static_assert(crypto_shorthash_KEYBYTES == sizeof(((struct table *)NULL)->key), "a key of it");
_Static_assert(crypto_shorthash_BYTES == sizeof(uint64_t), "a number");

void table_init(struct table *table)
{
	*table = (struct table){.room = 0};
	crypto_shorthash_keygen(table->key);
}

void table_done(struct table *table)
{
	free(table->lists);
	table->lists = NULL;
	table->room = table->count = 0;
}

uint64_t table_hash(const struct table *table, const void *key, size_t size)
{
	uint64_t hash;

	crypto_shorthash((uint8_t *)&hash, key, size, table->key);
	return hash;
}

static struct table_place **list_of(const struct table *table, uint64_t hash)
{
	return &table->lists[hash & (table->room - 1)];
}

/* As many lists as places, or up to twice as many. */
static int grow(struct table *table)
{
	struct table next = {.room = table->room ? 2 * table->room : ROOM_MIN};

	next.lists = calloc(next.room, sizeof(*next.lists));
	if (!next.lists)
		return -ENOMEM;
	for (size_t i = 0; i < table->room; i++) {
		struct table_place *place = table->lists[i];

		while (place) {
			struct table_place *following = place->next;
			struct table_place **list = list_of(&next, place->hash);

			place->next = *list;
			*list = place;
			place = following;
		}
	}
	free(table->lists);
	table->lists = next.lists;
	table->room = next.room;
	return 0;
}

int table_put(struct table *table, struct table_place *place, uint64_t hash)
{
	struct table_place **list;
	int r = table->count < table->room ? 0 : grow(table);

	if (r < 0)
		return r;
	list = list_of(table, hash);
	*place = (struct table_place){*list, hash};
	*list = place;
	table->count++;
	return 0;
}

void table_remove(struct table *table, struct table_place *place)
{
	struct table_place **at = list_of(table, place->hash);

	while (*at != place)
		at = &(*at)->next;
	*at = place->next;
	table->count--;
}

static struct table_place *seek(struct table_place *place, uint64_t hash)
{
	while (place && place->hash != hash)
		place = place->next;
	return place;
}

struct table_place *table_find(const struct table *table, uint64_t hash)
{
	return table->room ? seek(*list_of(table, hash), hash) : NULL;
}

struct table_place *table_find_next(const struct table_place *place)
{
	return seek(place->next, place->hash);
}

struct table_place *table_next(const struct table *table, const struct table_place *previous)
{
	size_t list = previous ? (previous->hash & (table->room - 1)) + 1 : 0;

	if (previous && previous->next)
		return previous->next;
	for (; list < table->room; list++) {
		if (table->lists[list])
			return table->lists[list];
	}
	return NULL;
}
