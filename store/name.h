/*
 * Names that people give: of organisations, accounts, projects, connections; and of fields. Pure.
 */
#pragma once

#include <stdbool.h>

enum { NAME_LENGTH_MAX = 255 };

/* Names: 1-255 bytes of UTF-8 without '/', NUL or control characters, not "." or "..". */
bool name_is_valid(const char *name);
/* [A-Za-z_][A-Za-z0-9_.-]*, at most 255 bytes. */
bool field_name_is_valid(const char *name);
