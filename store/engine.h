/*
 * Engines: where logs and rows lie. An engine is told opaque bytes and keeps them; it is not
 * trusted with anything but keeping them. Five calls, so that another can come: head, fetch, rows,
 * append, audit_put; and what a place on disk needs besides. One thread at a time, except that
 * engine_tidy() may run beside the others.
 */
#pragma once

#include <stdbool.h>

#include "store/cleanup.h"
#include "store/row.h"

struct engine;

struct engine_entry {
	uint64_t generation;
	struct digest digest;
	struct digest previous; /* of an entry to be appended; zero in what fetch() gives */
	const uint8_t *bytes;
	size_t size;
};

struct engine_row {
	struct row_ref ref;
	const uint8_t *bytes; /* NULL: remove the row */
	size_t size;
};

/* Called with each result; a non-zero return ends the call, which returns it. The bytes are the
 * engine's until the callback returns, which does not call the engine. */
typedef int engine_entry_fn(void *context, const struct engine_entry *entry);
typedef int engine_row_fn(void *context, const struct engine_row *row);

struct engine_append {
	struct org_id org;
	const struct engine_entry *entries; /* consecutive; the first follows what is there */
	size_t entry_count;
	const struct engine_row *rows;
	size_t row_count;
	const struct engine_append *next; /* of another organisation, at the same time; NULL */
};

struct engine_ops {
	/* Generation and digest of the organisation's newest entry. -ENOENT. */
	int (*head)(struct engine *engine, struct org_id org, uint64_t *ret_generation,
		    struct digest *ret_digest);
	/* Entries above `generation`, ascending, until `max` were given. */
	int (*fetch)(struct engine *engine, struct org_id org, uint64_t generation, size_t max,
		     engine_entry_fn *each, void *context);
	/* The named rows, in any order, those that exist; `count` 0 with `table` given: every row
	 * of that table. */
	int (*rows)(struct engine *engine, struct org_id org, enum row_table table,
		    const struct row_ref *refs, size_t count, engine_row_fn *each, void *context);
	/* All of it, and of what comes next, or nothing; durable when it returns 0. -ESTALE when
	 * the predecessor of a first entry is not the newest one. */
	int (*append)(struct engine *engine, const struct engine_append *append);
	/* A record of the read audit. -EEXIST for a sequence that is there. */
	int (*audit_put)(struct engine *engine, struct org_id org, struct recipient_id recipient,
			 uint64_t sequence, const uint8_t *bytes, size_t size);
	/* Organisations that have a log. */
	int (*orgs)(struct engine *engine, int (*each)(void *context, struct org_id org),
		    void *context);
	/* Look through all that the engine keeps by, for the keeping's sake: `each` is told what is
	 * wrong, in words. */
	int (*examine)(struct engine *engine, int (*each)(void *context, const char *text),
		       void *context);
	/* Let the reads that follow see what others have written; `ret_changed` says whether they
	 * may have. NULL where nobody else can. */
	int (*renew)(struct engine *engine, bool *ret_changed);
	/* Overwrite what was deleted wherever the engine still has it. -EBUSY when a reader delays
	 * it; 0 with nothing to do. Any thread. */
	int (*tidy)(struct engine *engine);
	/* Whether deleted bytes still wait for tidy(). Any thread. */
	bool (*untidy)(struct engine *engine);
	/* Whether an append could succeed now: whether there is room for one, and with `write`, for
	 * when one has failed, by writing as durably as one does. Errors of append(). */
	int (*probe)(struct engine *engine, bool write);
	const char *name;
	struct engine *(*close)(struct engine *engine);
};

/* An engine begins with its table of calls; its own members follow. */
struct engine {
	const struct engine_ops *ops;
};

static inline struct engine *engine_close(struct engine *engine)
{
	return engine ? engine->ops->close(engine) : NULL;
}
DEFINE_CLEANUP(struct engine, engine_close);
