#include "fs/audit_table.h"

#include <libsmartcols/libsmartcols.h>

enum { PART = 2000 };

struct audit_table {
	struct libscols_table *table;
	size_t count;
	bool headed;
};

static const struct {
	const char *heading;
	double width; /* at least, so that the parts look like one */
	int flags;
} columns[] = {
	[AUDIT_MEMBER_TIME] = {"time", 30, 0},
	[AUDIT_MEMBER_USER] = {"user", 10, 0},
	[AUDIT_MEMBER_PID] = {"pid", 7, SCOLS_FL_RIGHT},
	[AUDIT_MEMBER_PROGRAM] = {"program", 15, 0},
	[AUDIT_MEMBER_OPERATION] = {"operation", 10, 0},
	[AUDIT_MEMBER_PATH] = {"path", 30, 0},
	[AUDIT_MEMBER_RESULT] = {"result", 6, 0},
	[AUDIT_MEMBER_VERSION] = {"version", 7, SCOLS_FL_RIGHT},
};
_Static_assert(sizeof columns / sizeof columns[0] == AUDIT_MEMBERS, "a column for each");

int audit_table_new(struct audit_table **ret)
{
	CLEANUP(audit_table_freep) struct audit_table *table = calloc(1, sizeof *table);

	if (!table)
		return -ENOMEM;
	table->table = scols_new_table();
	for (size_t i = 0; table->table && i < AUDIT_MEMBERS; i++) {
		if (!scols_table_new_column(table->table, columns[i].heading, columns[i].width,
					    columns[i].flags))
			return -ENOMEM;
	}
	if (!table->table)
		return -ENOMEM;
	*ret = TAKE_PTR(table);
	return 0;
}

struct audit_table *audit_table_free(struct audit_table *table)
{
	if (table)
		scols_unref_table(table->table);
	free(table);
	return NULL;
}

int audit_table_print(struct audit_table *table)
{
	if (!table->count)
		return 0;
	scols_table_enable_noheadings(table->table, table->headed);
	if (scols_print_table(table->table) < 0)
		return -EIO;
	scols_table_remove_lines(table->table);
	table->headed = true;
	table->count = 0;
	return 0;
}

int audit_table_add(struct audit_table *table, struct audit_parts *parts)
{
	struct libscols_line *line = scols_table_new_line(table->table, NULL);

	if (!line)
		return -ENOMEM;
	for (size_t i = 0; i < AUDIT_MEMBERS; i++) {
		if (parts->list[i] && scols_line_refer_data(line, i, TAKE_PTR(parts->list[i])) < 0)
			return -ENOMEM;
	}
	return ++table->count < PART ? 0 : audit_table_print(table);
}
