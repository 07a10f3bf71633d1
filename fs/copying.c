#include "fs/copying.h"

#include <stddef.h>

static pid_t *find(struct copying *copying, pid_t pid)
{
	for (size_t i = 0; i < COPYING_READERS; i++) {
		if (copying->readers[i] == pid)
			return &copying->readers[i];
	}
	return NULL;
}

void copying_begin(struct copying *copying, pid_t pid)
{
	pid_t *vacant = find(copying, 0);

	if (vacant)
		*vacant = pid;
}

void copying_end(struct copying *copying, pid_t pid)
{
	pid_t *reader = find(copying, pid);

	if (reader)
		*reader = 0;
}

bool copying_is(const struct copying *copying, pid_t pid)
{
	for (size_t i = 0; pid && i < COPYING_READERS; i++) {
		if (copying->readers[i] == pid)
			return true;
	}
	return false;
}
