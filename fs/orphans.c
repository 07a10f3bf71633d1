#include "fs/orphans.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/location.h"
#include "fs/said.h"

void orphans_done(struct orphans *orphans)
{
	for (size_t i = 0; i < orphans->count; i++)
		free(orphans->paths[i]);
	free(orphans->paths);
	*orphans = (struct orphans){0};
}

static int note_link(const char *path, struct orphans *ret)
{
	struct stat st;
	char *target;
	char **paths;

	if (lstat(path, &st) < 0 || !S_ISLNK(st.st_mode))
		return 0;
	target = realpath(path, NULL);
	if (!target)
		return errno == ENOMEM ? -ENOMEM : 0;
	paths = reallocarray(ret->paths, ret->count + 1, sizeof *paths);
	if (!paths) {
		free(target);
		return -ENOMEM;
	}
	ret->paths = paths;
	paths[ret->count++] = target;
	return 0;
}

int orphans_note(const char *path, struct orphans *ret)
{
	struct dirent **entries = NULL;
	struct stat st;
	int count = 0;
	int r = note_link(path, ret);

	if (r == 0 && lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
		count = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		CLEANUP_FREE struct dirent *entry = entries[i];
		CLEANUP_FREE char *inside = location_full(path, entry->d_name);

		if (r == 0)
			r = inside ? note_link(inside, ret) : -ENOMEM;
	}
	free(entries);
	return r;
}

bool orphans_are(const struct orphans *orphans, size_t index)
{
	CLEANUP_FREE char *status = said_read(orphans->paths[index], ".status");
	CLEANUP_FREE char *orphan = status ? said_values(status, "orphan") : NULL;

	return orphan;
}
