/*
 * A write-ahead log belongs to its database by name alone: one that stays behind would be played
 * into the database that comes in the place of its own. So both logs are emptied first, or that of
 * a database that cannot be opened is moved away, and then the file changes in one rename. The
 * former store is locked until then, so that no daemon starts on it meanwhile.
 */
#include "store/exchange.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "store/database.h"
#include "store/durable.h"

enum { BUSY_MS = 5000 };

static char *with_suffix(const char *path, const char *suffix)
{
	char *name;

	return asprintf(&name, "%s%s", path, suffix) < 0 ? NULL : name;
}

int exchange_check(const char *path)
{
	CLEANUP_FREE char *log = with_suffix(path, "-wal");
	CLEANUP_CLOSE int fd = -1;

	if (!log)
		return -ENOMEM;
	fd = open(log, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return 0;
}

/* All of it in the file itself. */
static int settle(const char *path)
{
	CLEANUP(database_closep) sqlite3 *db = NULL;
	int lock = -1;
	int r;

	r = database_open(path, BUSY_MS, &db);
	if (r == 0)
		r = database_lock(db, &lock);
	if (r == 0)
		r = database_empty_wal(db);
	cleanup_close(&lock);
	return r;
}

/* rename(), for what need not be there. */
static int move(const char *from, const char *to, const char *suffix)
{
	CLEANUP_FREE char *old = with_suffix(from, suffix);
	CLEANUP_FREE char *new = with_suffix(to, suffix);

	if (!old || !new)
		return -ENOMEM;
	return rename(old, new) < 0 && errno != ENOENT ? -errno : 0;
}

/* Whatever cannot be opened is kept as it is, its log with it. */
static int keep_unreadable(const char *path, const char *kept)
{
	int r = exchange_check(path);

	if (r == 0)
		r = move(path, kept, "-wal");
	if (r == 0)
		r = move(path, kept, "-shm");
	return r;
}

static int keep(const char *path, const char *kept)
{
	if (link(path, kept) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

int exchange_put(const char *from, const char *to, const char *kept)
{
	CLEANUP(database_closep) sqlite3 *former = NULL;
	CLEANUP_CLOSE int lock = -1;
	int r;

	r = settle(from);
	if (r < 0)
		return r;
	if (access(kept, F_OK) == 0)
		return -EEXIST;
	r = database_open(to, BUSY_MS, &former);
	if (r == 0)
		r = database_lock(former, &lock);
	if (r == 0)
		r = database_empty_wal(former);
	if (r == -EBUSY)
		return r;
	if (r < 0)
		r = keep_unreadable(to, kept);
	if (r == 0)
		r = keep(to, kept);
	if (r == 0 && rename(from, to) < 0)
		r = -errno;
	return r < 0 ? r : durable_sync_directory(to);
}
