/*
 * Lines of an audit log as a table on the terminal, printed in parts, so that a log of any length
 * takes no more memory than one part.
 */
#pragma once

#include "fs/audit_filter.h"

struct audit_table;

int audit_table_new(struct audit_table **ret) MUST_CHECK;
/* What was not printed is dropped. */
struct audit_table *audit_table_free(struct audit_table *table);
DEFINE_CLEANUP(struct audit_table, audit_table_free);

/* Takes the parts over. -ENOMEM, -EIO. */
int audit_table_add(struct audit_table *table, struct audit_parts *parts) MUST_CHECK;

/* Print what was added since the last time; the headings once. -EIO. */
int audit_table_print(struct audit_table *table) MUST_CHECK;
