/*
 * Rescue: a store opened with the recovery phrase, when no host's identity is left to open it. The
 * recovery recipient has no list of organisations: it finds in the store what opens to it, verified
 * from the first entry to the last row, but held against nothing that was seen before, so that one
 * who has put an older store in place is not found out. Used by commands.
 */
#pragma once

#include "store/store.h"
#include "store/survey.h"

/* Beside a daemon that may have the store open. `identity` is taken on success. -EKEYREJECTED when
 * nothing in it is for this recipient, -EBADMSG when that cannot be told because it is damaged;
 * errors of survey_store() and store_join(). */
int rescue_join(struct secret_pool *pool, const char *path, struct identity *identity,
		const struct survey_watch *watch, struct store **ret) MUST_CHECK;
