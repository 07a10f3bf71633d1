/*
 * Findings: what is wrong with the accounts and links of an inventory. Pure; any thread.
 */
#pragma once

#include "fs/inventory.h"

enum finding_kind {
	FINDING_MISSING, /* fields without which the account is of no use */
	FINDING_WARNING,
	FINDING_LINK,	/* leads nowhere */
	FINDING_ORPHAN, /* was a connection's, and is nobody's now */
	FINDING_UNUSED, /* no project has it, no connection */
	FINDING_AUDIT,	/* the audit log cannot be written */
	FINDING_UNREADABLE,
	FINDING_KINDS
};

struct finding {
	enum finding_kind kind;
	const char *mount;
	const char *path;   /* below orgs */
	const char *detail; /* one line */
};

/* "missing", "broken-link", ...: part of the interface. */
const char *finding_name(enum finding_kind kind);

/* Tell each; a return other than 0 ends the call, which returns it. What is told is borrowed until
 * `each` returns. -ENOMEM. */
int finding_each(const struct inventory *inventory,
		 int (*each)(void *context, const struct finding *finding),
		 void *context) MUST_CHECK;
