/*
 * The calls of the SQLite engine that read; see engine.h for each.
 */
#pragma once

#include "store/engine.h"

int sqlite_head(struct engine *engine, struct org_id org, uint64_t *ret_generation,
		struct digest *ret_digest) MUST_CHECK;
int sqlite_fetch(struct engine *engine, struct org_id org, uint64_t generation, size_t max,
		 engine_entry_fn *each, void *context) MUST_CHECK;
int sqlite_rows(struct engine *engine, struct org_id org, enum row_table table,
		const struct row_ref *refs, size_t count, engine_row_fn *each,
		void *context) MUST_CHECK;
int sqlite_orgs(struct engine *engine, int (*each)(void *context, struct org_id org),
		void *context) MUST_CHECK;
int sqlite_renew(struct engine *engine, bool *ret_changed) MUST_CHECK;
int sqlite_examine(struct engine *engine, int (*each)(void *context, const char *text),
		   void *context) MUST_CHECK;
