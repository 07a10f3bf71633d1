#include "fs/removal.h"

#include <fts.h>
#include <string.h>

struct removal {
	struct progress *progress;
	uint64_t done;
	char **where;
};

/* Directories come before what they hold, and again after it. */
static int remove_entry(const FTSENT *entry)
{
	switch (entry->fts_info) {
	case FTS_D:
		return 0;
	case FTS_DP:
		return rmdir(entry->fts_accpath) < 0 ? -errno : 0;
	case FTS_ERR:
	case FTS_DNR:
	case FTS_NS:
		return -entry->fts_errno;
	default:
		return unlink(entry->fts_accpath) < 0 ? -errno : 0;
	}
}

/* What goes with its parent cannot be removed by itself: the parent tells whether it could. */
static bool is_fixed(const FTSENT *entry, int error)
{
	return entry->fts_level > 0 && (error == -EPERM || error == -ENOTEMPTY);
}

static int step(struct removal *removal, const FTSENT *entry)
{
	int r = remove_entry(entry);

	if (r == -ENOENT || is_fixed(entry, r))
		r = 0;
	if (r < 0) {
		*removal->where = strdup(entry->fts_path);
		return r;
	}
	removal->done++;
	return !removal->progress ||
			       progress_tell(removal->progress, removal->done, removal->done + 1)
		       ? 0
		       : -ECANCELED;
}

int removal_run(const char *path, struct progress *progress, char **ret_where)
{
	char *paths[] = {strdup(path), NULL};
	struct removal removal = {.progress = progress, .where = ret_where};
	FTS *walk = paths[0] ? fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
	FTSENT *entry;
	int r = walk ? 0 : -ENOMEM;

	while (r == 0 && (entry = fts_read(walk)))
		r = step(&removal, entry);
	if (walk)
		fts_close(walk);
	free(paths[0]);
	return r;
}
