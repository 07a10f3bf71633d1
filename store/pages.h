/*
 * Locked pages: what secrets lie in. They never reach the swap or a core dump, and a page that
 * cannot be touched stands before and after them. A forked child has none of them: locks are not
 * inherited, and a fault is better there than zeros taken for a key. So they are made after the
 * last fork. Used by slab.c, and by secret.c.
 *
 * A process that gives up the right to lock takes a reserve before: pages that are locked as they
 * are touched, and of which it cuts what it needs later. One thread at a time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "store/cleanup.h"

struct pages;

/* A reserve of which `size` bytes may be in use. -ENOMEM; -EPERM when they cannot be locked. Takes
 * address space alone. */
int pages_reserve(size_t size, struct pages **ret) MUST_CHECK;
/* What was cut from it is unmapped before. */
struct pages *pages_free(struct pages *pages);

/* Map and lock `size` bytes, a multiple of the page size, all zero; of the reserve, or without one
 * (NULL). -ENOMEM, also when no piece of the reserve is so long; -EPERM when they cannot be locked.
 */
int pages_map(struct pages *pages, size_t size, uint8_t **ret) MUST_CHECK;

/* Whether the host lets this process lock so much in all: 0, -EPERM when it does not, -ENOMEM.
 * Takes no memory. */
int pages_allowed(size_t size) MUST_CHECK;

/* Wipe and unmap; the same reserve. */
void pages_unmap(struct pages *pages, uint8_t *bytes, size_t size);
