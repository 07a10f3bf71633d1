/*
 * Moving the finished segments of an audit log away: all but the newest, which the daemon writes.
 * It notices, and has room again. The log that it shows begins later then; what was moved can still
 * be proven and is still readable for this host. Any thread, also while the log is written.
 */
#pragma once

#include <stddef.h>

#include "store/cleanup.h"

/* From one directory to another, on the same file system or not, durably, the oldest first; none is
 * replaced. *ret_count: how many. -EEXIST and other -errno of the files: those before are moved. */
int audit_archive(int from, int to, size_t *ret_count) MUST_CHECK;
