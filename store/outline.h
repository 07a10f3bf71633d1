/*
 * Outline: the entries of a log by digest and time alone, unverified: to tell how two logs differ.
 * One thread at a time.
 */
#pragma once

#include "store/engine.h"

struct outline_entry {
	struct digest digest;
	uint64_t time; /* the signer's word; 0 when the entry cannot be read */
};

struct outline {
	struct outline_entry *entries; /* the n-th is of generation n + 1 */
	size_t count, room;
};

/* -ENOMEM; errors of the engine. The caller owns `ret`, also after an error. */
int outline_make(struct engine *engine, struct org_id org, struct outline *ret) MUST_CHECK;
void outline_done(struct outline *outline);
#define CLEANUP_OUTLINE CLEANUP(outline_done)

/* The last generation up to which both are the same; 0. */
uint64_t outline_common(const struct outline *a, const struct outline *b);
