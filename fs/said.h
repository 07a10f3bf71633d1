/*
 * What the mount says of something in `key: value` lines (.info, .status). Pure but for the
 * reading; any thread.
 */
#pragma once

#include <stddef.h>

/* The file of that name in a directory. The caller frees; NULL when it cannot be read. */
char *said_read(const char *directory, const char *name);

/* The values of all lines with that key, one a line. The caller frees; NULL when there is none. */
char *said_values(const char *text, const char *key);

/* How many lines there are, the last of which need not end. NULL: none. */
size_t said_count(const char *lines);
