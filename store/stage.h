/*
 * The stage: rows on their way into an organisation's map, each taken in at once and all of them
 * put back when the entry that lists them comes to nothing. It knows the rules that rows must keep
 * whoever signs for them, and what their signer must be able to do. Used by chain.c alone. One
 * thread at a time.
 */
#pragma once

#include "store/entry.h"
#include "store/map.h"

struct stage;

/* `map` outlives the stage. -ENOMEM. */
int stage_new(struct map *map, struct stage **ret) MUST_CHECK;
struct stage *stage_free(struct stage *stage);
DEFINE_CLEANUP(struct stage, stage_free);

/* Take a row into the map, or out of it when `digest` is zero; new rows are sealed under `epoch`.
 * -EBADMSG for a row that is not to be there or not there to be removed; -EPROTONOSUPPORT for a
 * kind of a later version; -ENOMEM. */
int stage_put(struct stage *stage, const struct row_ref *ref, const struct digest *digest,
	      uint32_t epoch) MUST_CHECK;

/* What was staged, in order; borrowed until the next call. */
struct entry_row *stage_rows(const struct stage *stage, size_t *ret_count);

/* What the signer of the staged rows must be able to do: a row's former kind counts as well, and
 * whether an item's relations are others than before. */
enum capability stage_needs(const struct stage *stage);

/* Forget what was staged: the map stays as it is. */
void stage_keep(struct stage *stage);

/* Put back everything that was staged. */
void stage_undo(struct stage *stage);

/* Whether stage_undo() had no memory once: the map is not the fold of the log any more. */
bool stage_is_torn(const struct stage *stage);
