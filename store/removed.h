/*
 * The removed: ids of items that an organisation had and has no more. The map forgets them, and
 * whoever writes one of them anew must not pass for somebody who adds a new one. Used by stage.c
 * alone. One thread at a time.
 */
#pragma once

#include <stdbool.h>

#include "store/cleanup.h"
#include "store/id.h"

struct removed;

int removed_new(struct removed **ret) MUST_CHECK;
struct removed *removed_free(struct removed *removed);
DEFINE_CLEANUP(struct removed, removed_free);

bool removed_has(const struct removed *removed, struct record_id id);

/* An id that it does not have. -ENOMEM. */
int removed_put(struct removed *removed, struct record_id id) MUST_CHECK;

/* Take out an id that it has. */
void removed_forget(struct removed *removed, struct record_id id);
