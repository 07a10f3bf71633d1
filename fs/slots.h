/*
 * The table of open handles: numbers given to the kernel, and what they stand for. A number is made
 * of the request that opened and a place in the table: it cannot match one that another worker gave
 * out, and a later worker can rebuild the table. One thread at a time.
 */
#pragma once

#include <stdint.h>

#include "store/cleanup.h"

/* How many handles there can be. */
enum { SLOTS_MAX = 1 << 20 };

struct slots;

int slots_new(struct slots **ret) MUST_CHECK;
/* What is still in the table is the caller's to free before: slots_take_any() finds it. */
struct slots *slots_free(struct slots *slots);
DEFINE_CLEANUP(struct slots, slots_free);

/* Put a thing in; `unique` is the number of the request. -ENFILE when the table is full. */
int slots_put(struct slots *slots, void *thing, uint64_t unique, uint64_t *ret_number) MUST_CHECK;

/* Put a thing in under the number that it had in another worker's table; slots_settle() after the
 * last of them. -EEXIST when its place is taken; -ENOMEM. */
int slots_restore(struct slots *slots, void *thing, uint64_t number) MUST_CHECK;
void slots_settle(struct slots *slots);

/* Each thing, with its number. */
void slots_each(const struct slots *slots,
		void (*each)(void *context, void *thing, uint64_t number), void *context);

/* NULL when the number is not, or no longer, of this table. */
void *slots_get(const struct slots *slots, uint64_t number);

/* Take it out. NULL as slots_get(). */
void *slots_take(struct slots *slots, uint64_t number);

/* Take any one out; NULL when the table is empty. */
void *slots_take_any(struct slots *slots);
