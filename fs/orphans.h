/*
 * Orphans: credentials that are nobody's once links in connections are gone. Where the links lead
 * is noted before, what has become of it is asked after. As the caller; one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "store/cleanup.h"

struct orphans {
	char **paths;
	size_t count;
};

/* Note where a link leads, or the links in a directory. Those that lead nowhere are left out.
 * -ENOMEM. */
int orphans_note(const char *path, struct orphans *ret) MUST_CHECK;
void orphans_done(struct orphans *orphans);
#define CLEANUP_ORPHANS CLEANUP(orphans_done)

/* Whether what is there says of itself that it is one; false where that may not be seen. */
bool orphans_are(const struct orphans *orphans, size_t index);
