/*
 * A mark: how far this host has seen an organisation's log. It is kept outside of the database, so
 * that a database that was put back to an earlier state, or exchanged for another branch of the
 * log, is told from the one that was there. A plain value; any thread.
 */
#pragma once

#include "store/id.h"

struct mark {
	uint64_t generation; /* 0: nothing was seen yet */
	struct digest head;  /* of the entry of this generation */
	uint64_t time;	     /* when it was signed, ns since 1970 */
};
