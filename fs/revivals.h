/*
 * What a journal says of each handle, while it is read: where its last event lies, and its last
 * bytes. Borrowed places, in the order of the handles' numbers. One thread at a time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "store/cleanup.h"

struct revival {
	uint64_t number;
	const uint8_t *event;
	const uint8_t *bytes; /* sealed; NULL: none */
	size_t bytes_size;
};

struct revivals {
	void *tree;
};

void revivals_done(struct revivals *revivals);

/* NULL when there is none. */
struct revival *revivals_find(const struct revivals *revivals, uint64_t number);

/* The one of a number, made when it is new; NULL without memory. */
struct revival *revivals_add(struct revivals *revivals, uint64_t number);

void revivals_remove(struct revivals *revivals, uint64_t number);

void revivals_each(const struct revivals *revivals,
		   void (*each)(void *context, const struct revival *revival), void *context);
