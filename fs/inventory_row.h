/*
 * A row of the inventory: what the `.info` and `.status` of an account or a data connection say.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "store/cleanup.h"

enum inventory_kind { INVENTORY_ACCOUNT, INVENTORY_CONNECTION, INVENTORY_KINDS };

enum inventory_column {
	COLUMN_MOUNT,
	COLUMN_ACCOUNT,	 /* organisation/account, organisation/connections/name: below orgs */
	COLUMN_PROVIDER, /* of a connection: its type */
	COLUMN_LOGINS,	 /* of a connection: the accounts that it has, one a line */
	COLUMN_CREATED,
	COLUMN_UPDATED,
	COLUMN_STATE,
	COLUMN_USED_BY,	 /* one a line; NULL: may not be seen */
	COLUMN_MISSING,	 /* fields, one a line */
	COLUMN_WARNINGS, /* one a line; NULL: may not be seen */
	INVENTORY_COLUMNS
};

struct inventory_row {
	enum inventory_kind kind;
	char *columns[INVENTORY_COLUMNS]; /* NULL: not told */
	bool managed;			  /* its .status could be read */
	bool orphan;			  /* it was a connection's, and is nobody's now */
	char *trouble;			  /* with the audit log; NULL: none */
};

void inventory_row_done(struct inventory_row *row);

/* Take from the two texts what they say; `status` is NULL when it may not be seen. -ENOMEM. */
int inventory_row_take(struct inventory_row *row, const char *info, const char *status) MUST_CHECK;
