/*
 * What the keeper of a host does with the files of the audit logs: prove them, and move finished
 * segments away. Needs the host's identity and its list of organisations, not the store: the daemon
 * goes on meanwhile.
 */
#pragma once

#include "fs/command.h"

struct audit_keep {
	const struct settings *settings;
	const char *organisation; /* NULL: all */
	const char *directory;	  /* of the logs; NULL: that of the settings */
};

/* One paragraph for each log; EXIT_WRONG when one has a fault. */
enum exit_code audit_keep_verify(const struct audit_keep *keep);

/* Move finished segments below `to`, into a directory for each organisation. */
enum exit_code audit_keep_archive(const struct audit_keep *keep, const char *to);
