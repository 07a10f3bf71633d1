/*
 * Genesis: how an organisation begins. Its first entry names the founder and the recovery recipient
 * as managers and commits to the first key; the entry's digest is the organisation's fingerprint.
 * The key is sealed to each of them. Used by org.c alone. One thread at a time.
 */
#pragma once

#include "store/commit.h"
#include "store/entry.h"
#include "store/key.h"

enum { GENESIS_EPOCH = 1, GENESIS_MEMBERS_MAX = 2 };

struct genesis {
	struct epoch_key *key;
	struct entry_wrap wraps[GENESIS_MEMBERS_MAX];
	size_t wrap_count;
	struct digest fingerprint;
	uint8_t *bytes; /* the signed entry */
	size_t size;
};

/* Choose a key, seal it, and sign for it. `recovery` may be NULL. Errors of entry_sign() and
 * epoch_key_generate(). The caller owns `ret` (genesis_done). */
int genesis_make(struct secret_pool *pool, const struct recipient *founder,
		 const struct recipient_public *recovery, struct genesis *ret) MUST_CHECK;

void genesis_done(struct genesis *genesis);
#define CLEANUP_GENESIS CLEANUP(genesis_done)

/* Append it, with the organisation's own record and whatever `first` holds (may be NULL), as one
 * transaction, and fold that into the commit's index. The commit's chain has followed it. Errors of
 * commit_add() and commit_append(). */
int genesis_commit(const struct genesis *genesis, struct commit *commit, struct engine *engine,
		   const char *name, const struct change *first) MUST_CHECK;
