/*
 * How much of an audit log each user has filled since it was last emptied, so that nobody who reads
 * in a loop keeps the others from reading: a quarter of it is anybody's, uid 0 may fill it. Counted
 * from the start of the daemon on. One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "store/cleanup.h"

struct quotas {
	uint64_t share;
	struct quota *list;
	size_t count;
};

void quotas_done(struct quotas *quotas);

/* Whether the user has had his share. */
bool quotas_is_full(const struct quotas *quotas, uid_t uid);

/* He has taken so many bytes more. Without memory it is not counted. */
void quotas_add(struct quotas *quotas, uid_t uid, uint64_t bytes);

/* The log was emptied. */
void quotas_reset(struct quotas *quotas);
