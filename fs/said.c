#include "fs/said.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/location.h"
#include "store/cleanup.h"

char *said_read(const char *directory, const char *name)
{
	CLEANUP_FREE char *path = location_full(directory, name);
	CLEANUP_CLOSE int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	CLEANUP_FREE char *text = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	text = calloc(1, (size_t)st.st_size + 1);
	return text && read(fd, text, (size_t)st.st_size) >= 0 ? TAKE_PTR(text) : NULL;
}

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
