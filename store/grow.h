/*
 * Arrays that grow by one: of GROW_MIN doubled until it fits, so that a full one is known by its
 * count alone.
 */
#pragma once

#include <stdlib.h>

enum { GROW_MIN = 8 };

/* Room for one more behind `count`, of `size` bytes each; NULL without memory leaves the array as
 * it was. */
static inline void *grow(void *array, size_t count, size_t size)
{
	if (count < GROW_MIN ? count != 0 : (count & (count - 1)) != 0)
		return array;
	return reallocarray(array, count ? 2 * count : GROW_MIN, size);
}
