/*
 * The store: the door to everything below. It holds the engine, the host's recipient and its pins,
 * and loads organisations when they are first touched. One thread at a time, except
 * store_write_marks(), store_tidy() and store_untidy().
 *
 * Every organisation's log must hold against the mark that the pins have of it. Marks follow after
 * the commits, because to write them durably takes as long as a commit: an older mark is not wrong,
 * only less is detected.
 */
#pragma once

#include "store/identity.h"
#include "store/org.h"
#include "store/pins.h"

struct store;

/* Create the database at `path` and the pins at `pins`; neither may exist (-EEXIST). */
int store_create(const char *path, const char *pins, const struct identity *identity) MUST_CHECK;

/* Undo it. */
void store_remove(const char *path, const char *pins);

/* Open. `identity` is taken (its members are moved out) on success. Errors of sqlite_open(); and
 * -ENOKEY when the pins are missing, -EKEYREJECTED when they are damaged, not
 * this identity's, or cannot be read. */
int store_open(struct secret_pool *pool, const char *path, const char *pins,
	       struct identity *identity, struct store **ret) MUST_CHECK;

/* The same beside a daemon that may have the store open; the pins are read and not written. */
int store_join(struct secret_pool *pool, const char *path, const char *pins,
	       struct identity *identity, struct store **ret) MUST_CHECK;
/* The same with a list that lies in no such file; `pins` is taken as well. */
int store_join_pinned(struct secret_pool *pool, const char *path, struct pins **pins,
		      struct identity *identity, struct store **ret) MUST_CHECK;
/* Writes the marks too, if it can. */
struct store *store_close(struct store *store);
DEFINE_CLEANUP(struct store, store_close);

const struct pins *store_pins(const struct store *store);

/* The organisation pinned at `index`, loaded now if it was not; borrowed. Errors of
 * org_load_pinned(), with -EIDRM in place of -ENOENT: a pinned organisation that the engine lacks
 * was removed. */
int store_org(struct store *store, size_t index, struct org **ret) MUST_CHECK;

/* The same, but only if it is loaded already; NULL. */
struct org *store_org_loaded(struct store *store, size_t index);

/* Compare what the engine says of its newest entry with the mark, without verifying anything: what
 * it finds, store_org() finds as well. `ret_generation`, also set on these errors, is the entry's,
 * 0 without one. -ESTALE, -ENOTUNIQ, -EIDRM as store_org(); other errors of the engine. */
int store_org_look(struct store *store, size_t index, uint64_t *ret_generation) MUST_CHECK;

/* Let what is read from now on be what others have written as well; `ret_changed` says whether they
 * may have. Whether a loaded organisation is behind then, org_is_behind() tells. */
int store_renew(struct store *store, bool *ret_changed) MUST_CHECK;

/* Drop a loaded organisation, so that the next store_org() loads it anew. */
void store_org_forget(struct store *store, size_t index);

/* Create an organisation and pin it: `ret_index` is its pin. -EEXIST for a name that is pinned. */
int store_org_create(struct store *store, const char *name, const struct change *first,
		     size_t *ret_index) MUST_CHECK;
/* Pin an organisation that another host founded, by the fingerprint that its operator was given.
 * -ENOENT when the store has none of it; -EKEYREJECTED when this host is no member of it; -EEXIST
 * for a name or fingerprint that is pinned; other errors of org_load(). */
int store_org_pin(struct store *store, const struct digest *fingerprint,
		  const char *name) MUST_CHECK;
/* Call it otherwise, here and, if this host may say so, in its own record, which is what another
 * host learns it by. -EEXIST for a name that is pinned; errors of org_commit(). */
int store_org_rename(struct store *store, size_t index, const char *name) MUST_CHECK;

/* End it for good (org_end()), so that its name is free. Its pin stays, under a name that no
 * organisation can have, and with it the mark: a store in which it lives again was put back. Errors
 * of org_commit(). */
int store_org_end(struct store *store, size_t index, size_t *ret_left) MUST_CHECK;

/* Give the pin of one that was found to be ended such a name, if it has it not yet. Errors of
 * pins_rename(). */
int store_org_retire(struct store *store, size_t index) MUST_CHECK;

/* Note how far the logs of the loaded organisations go: `ret` is what is to be written, NULL when
 * nothing has changed. -ENOMEM. */
int store_marks(struct store *store, struct pins_copy **ret) MUST_CHECK;

/* Write it, durably; may run beside every other call but store_close(). */
int store_write_marks(struct store *store, const struct pins_copy *copy) MUST_CHECK;

/* Overwrite what was deleted, see engine.h. */
int store_tidy(struct store *store) MUST_CHECK;
bool store_untidy(struct store *store);

/* Whether something could be written now, see engine.h. -ENOSPC, -EROFS, -EIO. */
int store_probe(struct store *store, bool write) MUST_CHECK;
const char *store_engine_name(const struct store *store);
