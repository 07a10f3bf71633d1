/*
 * A commit: one change, or several, on their way into an organisation. Their records and values are
 * sealed into rows and staged in the chain; appended as one signed entry, and then folded into the
 * index. Until it is appended, freeing it undoes everything. Behind org.h. One thread at a time.
 */
#pragma once

#include "store/chain.h"
#include "store/change.h"
#include "store/engine.h"
#include "store/index.h"
#include "store/keyring.h"

struct commit;

/* All of these outlive the commit. `host` signs; the keyring has the newest epoch's key. -ENOMEM.
 */
int commit_new(struct chain *chain, struct index *index, const struct keyring *keyring,
	       const struct recipient *host, struct commit **ret) MUST_CHECK;
struct commit *commit_free(struct commit *commit);
DEFINE_CLEANUP(struct commit, commit_free);

/* The time of the entry, ns since 1970, in the place of now; before anything is added. */
void commit_date(struct commit *commit, uint64_t time);

/* Seal and stage what the change holds. -EINVAL for a record that is not sound (rule.h); -EACCES
 * for one that this host may not write; -EFBIG; -ENOMEM. */
int commit_add(struct commit *commit, const struct change *change) MUST_CHECK;

/* Seal what a row holds anew under the newest key, and stage it; nothing else of it changes. Errors
 * as above. */
int commit_reseal(struct commit *commit, const struct row_ref *ref,
		  const struct secret *plain) MUST_CHECK;

/* Add a row that the map does not hold; the bytes are copied. -ENOMEM. */
int commit_add_row(struct commit *commit, const struct row_ref *ref, const uint8_t *bytes,
		   size_t size) MUST_CHECK;

/* Sign, after the entry `before` if it is given: `ret` is what is to be appended then, borrowed
 * until the commit is freed; NULL when nothing is staged. Errors of chain_sign(). */
int commit_sign(struct commit *commit, const struct engine_entry *before,
		struct engine_append **ret) MUST_CHECK;

/* It is appended: the chain advances. Cannot fail. */
void commit_accept(struct commit *commit);

/* All three at once. Errors of chain_sign() and of the engine; nothing has happened then. On 0 it
 * is durable, and the chain has advanced. */
int commit_append(struct commit *commit, struct engine *engine,
		  const struct engine_entry *before) MUST_CHECK;

/* Take the records over into the index. -ENOMEM leaves the index good for nothing. */
int commit_fold(struct commit *commit) MUST_CHECK;
