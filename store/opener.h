/*
 * The opener: fetches an organisation's rows from the engine, checks each by itself against the
 * verified map, and unseals it. What the map does not know is passed over; what the map has and the
 * engine has not, or has otherwise, is damage. Used by org.c alone. A plain value that borrows its
 * parts; one thread at a time.
 */
#pragma once

#include "store/chain.h"
#include "store/engine.h"
#include "store/index.h"
#include "store/keyring.h"

struct opener {
	struct engine *engine;
	struct secret_pool *pool;
	const struct chain *chain;
	const struct keyring *keyring;
};

/* Put every record into the index that is what the map says; `ret_damaged` counts the others, also
 * those of a later version, of which as little is known.
 * -ENOMEM, other errors of the engine. */
int opener_records(const struct opener *opener, struct index *index,
		   size_t *ret_damaged) MUST_CHECK;

/* Whether the sealed keys of all epochs, everybody's, are those that the log commits to. -EBADMSG.
 */
int opener_check_wraps(const struct opener *opener) MUST_CHECK;

/* What the row that the map speaks of holds, as it was sealed. -EBADMSG when it is damaged. */
int opener_row(const struct opener *opener, const struct map_row *row,
	       struct secret **ret) MUST_CHECK;

/* Whether it is the record that the log speaks of, and of a form that only a later version reads:
 * who alters it cannot make it one of those. */
bool opener_is_later(const struct opener *opener, const struct map_row *row);

/* Put one record into the index, or take it out, as the map says; `ret_damaged` when it is there
 * but cannot be opened. -ENOMEM; other errors of the engine. */
int opener_record(const struct opener *opener, struct record_id id, struct index *index,
		  bool *ret_damaged) MUST_CHECK;

/* One version of a field's value, and when it was written (may be NULL). -ENOENT when the map has
 * no such version; -EBADMSG when its row is damaged. */
int opener_value(const struct opener *opener, struct record_id field, uint64_t version,
		 struct secret **ret, uint64_t *ret_time) MUST_CHECK;
