/*
 * Locked pages: what secrets lie in. They never reach the swap or a core dump, and a page that
 * cannot be touched stands before and after them. A forked child has none of them: locks are not
 * inherited, and a fault is better there than zeros taken for a key. So they are made after the
 * last fork. Used by slab.c, and by secret.c for the limit.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "store/cleanup.h"

/* Map and lock `size` bytes, a multiple of the page size, all zero. -ENOMEM; -EPERM when they
 * cannot be locked. */
int pages_map(size_t size, uint8_t **ret) MUST_CHECK;

/* Whether the host lets this process lock so much in all: 0, -EPERM when it does not, -ENOMEM.
 * Takes no memory. */
int pages_allowed(size_t size) MUST_CHECK;

/* Wipe and unmap. */
void pages_unmap(uint8_t *bytes, size_t size);
