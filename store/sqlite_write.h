/*
 * The calls of the SQLite engine that write, or look whether that is possible; see engine.h for
 * each.
 */
#pragma once

#include "store/engine.h"

int sqlite_append(struct engine *engine, const struct engine_append *append) MUST_CHECK;
int sqlite_audit_put(struct engine *engine, struct org_id org, struct recipient_id recipient,
		     uint64_t sequence, const uint8_t *bytes, size_t size) MUST_CHECK;
int sqlite_tidy(struct engine *engine) MUST_CHECK;
bool sqlite_untidy(struct engine *engine);
int sqlite_probe(struct engine *engine, bool write) MUST_CHECK;
