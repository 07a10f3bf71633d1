/*
 * Abandoned: the ends of an organisation's log that its managers have given up, when the store was
 * put back to an earlier state, or lost. A host that has seen such an end knows by the signed entry
 * that says so that the log it finds instead is the right one. A list that the chain has; one
 * thread at a time.
 */
#pragma once

#include <stdbool.h>

#include "store/cleanup.h"
#include "store/mark.h"

struct abandoned;

/* A list of one: the entry of generation `since` gave up whatever else was at its generation and
 * after it, up to the end that the mark names (its time does not count). -ENOMEM. */
int abandoned_new(uint64_t since, const struct mark *end, struct abandoned **ret) MUST_CHECK;
struct abandoned *abandoned_free(struct abandoned *list);
DEFINE_CLEANUP(struct abandoned, abandoned_free);

/* Put `list` behind `one`, and give the whole; cannot fail. Either may be NULL. */
struct abandoned *abandoned_join(struct abandoned *one, struct abandoned *list);

/* Whether the mark is one of these ends, or lies on the way to one. */
bool abandoned_covers(const struct abandoned *list, const struct mark *mark);
