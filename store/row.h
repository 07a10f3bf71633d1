/*
 * Rows: what the engine holds, and what the signed log speaks of. A row's digest covers all of it;
 * the log pins the digest, so that a row is checked by itself wherever it comes from.
 */
#pragma once

#include "store/id.h"

#include <stddef.h>

/* The numbers are part of the format. */
enum row_table {
	ROW_ITEM = 1,  /* sealed records: one live version an id */
	ROW_VALUE = 2, /* sealed values: id is the field's, one row a version */
	ROW_WRAP =
		3, /* an epoch's key sealed to a recipient: id is the recipient's; not in the map */
};

struct row_ref {
	enum row_table table;
	struct record_id id;
	uint32_t kind; /* enum record_kind; RECORD_FIELD for values */
	uint64_t version;
	uint32_t epoch;
	/* Of an item, and known to the log alone: no engine has it, the digest does not cover it.
	 */
	struct relations relations;
};

/* BLAKE2b-256 over "credfs row v1", table (8 bits), organisation, id, kind, version, epoch,
 * length (64 bits) and the sealed bytes; numbers little endian. */
struct digest row_digest(struct org_id org, const struct row_ref *ref, const uint8_t *sealed,
			 size_t size);
