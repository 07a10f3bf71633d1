/*
 * Reading an audit log line by line through the mount, with the reader's own rights, and going on
 * when it grows. When old segments are moved away meanwhile the file begins later: then it is read
 * again from its beginning, without what was seen.
 */
#pragma once

#include <stddef.h>

#include "store/cleanup.h"

struct audit_reader;

/* -errno of the file. */
int audit_reader_open(const char *path, struct audit_reader **ret) MUST_CHECK;
struct audit_reader *audit_reader_close(struct audit_reader *reader);
DEFINE_CLEANUP(struct audit_reader, audit_reader_close);

/* The next line, newline included, borrowed until the next call: 1; 0 at the end of what there is
 * now; -errno. A line that could not be opened is blank, and passed over. */
int audit_reader_next(struct audit_reader *reader, const char **ret, size_t *ret_size) MUST_CHECK;
