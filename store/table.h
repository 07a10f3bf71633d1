/*
 * Tables of things that are found by a key, in one step however many there are. A thing holds its
 * place in the table; the table never looks at it, so that the caller compares: of those that are
 * handed to him nearly all are what he looks for. Keys may be chosen by others, who cannot foresee
 * where one comes to lie. One thread at a time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "store/cleanup.h"

struct table_place {
	struct table_place *next;
	uint64_t hash;
};

/* All zero is a table that nothing was ever put into, but for its key. */
struct table {
	struct table_place **lists;
	size_t room; /* a power of two, or 0 */
	size_t count;
	uint8_t key[16];
};

void table_init(struct table *table);

/* The places are not touched. */
void table_done(struct table *table);

uint64_t table_hash(const struct table *table, const void *key, size_t size);

/* Put one in that is not there. -ENOMEM. */
int table_put(struct table *table, struct table_place *place, uint64_t hash) MUST_CHECK;

/* Take one out that is there. */
void table_remove(struct table *table, struct table_place *place);

/* The first that has this hash, and the next; NULL. */
struct table_place *table_find(const struct table *table, uint64_t hash);
struct table_place *table_find_next(const struct table_place *place);

/* All of them, in no order: NULL `previous` gives the first, NULL is the end. */
struct table_place *table_next(const struct table *table, const struct table_place *previous);
