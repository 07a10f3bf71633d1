#include "fs/inventory_row.h"

#include <string.h>

#include "fs/said.h"

void inventory_row_done(struct inventory_row *row)
{
	for (size_t i = 0; i < INVENTORY_COLUMNS; i++)
		free(row->columns[i]);
	free(row->trouble);
	*row = (struct inventory_row){0};
}

static char *state_of(const struct inventory_row *row)
{
	const size_t warnings = said_count(row->columns[COLUMN_WARNINGS]);
	const char *missing = row->columns[COLUMN_MISSING];
	char *state = NULL;
	char more[32] = "";

	if (warnings)
		snprintf(more, sizeof more, ", %zu warning%s", warnings, warnings == 1 ? "" : "s");
	if (asprintf(&state, "%s%s%s", *missing ? "missing " : "complete", missing, more) < 0)
		return NULL;
	for (char *end = state; *missing && (end = strchr(end, '\n'));)
		*end = ' ';
	return state;
}

/* What is there but says nothing is empty; NULL without memory. */
static char *values_or_empty(const char *text, const char *key)
{
	char *values = said_values(text, key);

	return values ? values : strdup("");
}

static void take_status(struct inventory_row *row, const char *status)
{
	CLEANUP_FREE char *orphan = said_values(status, "orphan");

	row->managed = true;
	row->orphan = orphan != NULL;
	row->columns[COLUMN_USED_BY] = values_or_empty(status, "used-by");
	row->columns[COLUMN_WARNINGS] = values_or_empty(status, "warning");
	row->trouble = said_values(status, "audit");
}

static int take_info(struct inventory_row *row, const char *info)
{
	char *missing = values_or_empty(info, "missing");

	for (char *blank = missing; blank && (blank = strchr(blank, ' '));)
		*blank = '\n';
	row->columns[COLUMN_MISSING] = missing;
	row->columns[COLUMN_PROVIDER] =
		said_values(info, row->kind == INVENTORY_ACCOUNT ? "provider" : "type");
	row->columns[COLUMN_CREATED] = said_values(info, "created");
	row->columns[COLUMN_UPDATED] = said_values(info, "updated");
	return missing ? 0 : -ENOMEM;
}

int inventory_row_take(struct inventory_row *row, const char *info, const char *status)
{
	int r;

	if (status)
		take_status(row, status);
	r = take_info(row, info);
	if (r < 0)
		return r;
	row->columns[COLUMN_STATE] = state_of(row);
	return row->columns[COLUMN_STATE] ? 0 : -ENOMEM;
}
