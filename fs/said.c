#include "fs/said.h"

#include <stdio.h>
#include <string.h>

#include "store/cleanup.h"

char *said_values(const char *text, const char *key)
{
	const size_t length = strlen(key);
	char *joined = NULL;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		CLEANUP_FREE char *before = NULL;

		line += *line == '\n';
		if (strncmp(line, key, length) != 0 || strncmp(line + length, ": ", 2) != 0)
			continue;
		line += length + 2;
		before = TAKE_PTR(joined);
		if (asprintf(&joined, "%s%s%.*s", before ? before : "", before ? "\n" : "",
			     (int)strcspn(line, "\n"), line) < 0)
			joined = NULL;
	}
	return joined;
}

size_t said_count(const char *lines)
{
	size_t count = 0;

	while (lines && *lines) {
		count++;
		lines += strcspn(lines, "\n");
		lines += *lines == '\n';
	}
	return count;
}
