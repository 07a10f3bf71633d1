/*
 * Restore: making a database the store of this host that it would otherwise refuse, because this
 * host has seen more than the database holds, or nothing yet. It is surveyed (survey.h) and
 * compared with what was seen; whoever decides looks at that; then every log that ends before what
 * was seen gets a signed entry that says so, the database takes the store's place, and the pins are
 * those of the survey. One thread at a time.
 */
#pragma once

#include "store/identity.h"
#include "store/survey.h"

struct restore;

/* What would be lost of one organisation, as far as the present store still tells it. */
struct restore_loss {
	uint64_t since, until; /* generations; 0: nothing */
	size_t changes;
	bool counted;	      /* `changes` and `first` are known */
	uint64_t first, last; /* when, ns since 1970 */
};

struct restore_place {
	const char *store, *pins;
	const char *file; /* NULL: the present store is to be confirmed */
};

/* Look at everything; nothing is changed but that `file` is copied beside the store. `pool` and
 * `identity` outlive it. On an error `ret_path` is the file that it is about: -EBUSY when the store
 * is mounted; -EKEYREJECTED (without a path) when nothing in it is for this identity; else errors
 * of sqlite_open() and survey_make(). */
int restore_open(const struct restore_place *place, struct secret_pool *pool,
		 const struct identity *identity, const struct survey_watch *watch,
		 struct restore **ret, const char **ret_path) MUST_CHECK;
/* Without restore_finish() everything is as it was. */
struct restore *restore_close(struct restore *restore);
DEFINE_CLEANUP(struct restore, restore_close);

const struct survey *restore_survey(const struct restore *restore);
/* Of the survey's organisation at the same index. */
const struct restore_loss *restore_loss(const struct restore *restore, size_t index);

/* Whether the pins could be read; -ENOENT, -EBADMSG. */
int restore_pins_error(const struct restore *restore);
/* Whether anything would change. */
bool restore_is_needed(const struct restore *restore);

/* Do it. `ret_kept` is where the former store is, the caller's to free; NULL when it stayed in its
 * place or there was none. Nothing has changed on an error, except that entries may have been
 * added which do no harm, or that the pins could not be written (-ENOTRECOVERABLE): then once more,
 * without a file. */
int restore_finish(struct restore *restore, char **ret_kept) MUST_CHECK;
