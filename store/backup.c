/*
 * SQLite copies page by page and would begin anew whenever somebody else has written; under steady
 * writing it would never end. So the moment is held by a read transaction on the connection that
 * is copied from. What other processes append meanwhile stays in the write-ahead log until then.
 *
 * A backup may lie on any file system, so it is written without SQLite's locks and journal, under
 * a name that nobody knows.
 */
#include "store/backup.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "store/database.h"
#include "store/durable.h"
#include "store/schema.h"

enum { BUSY_MS = 5000, STEP_PAGES = 256 };

struct backup {
	sqlite3 *db;
	uint64_t size;
};

struct backup *backup_close(struct backup *backup)
{
	if (!backup)
		return NULL;
	database_close(backup->db);
	free(backup);
	return NULL;
}

static int read_number(sqlite3 *db, const char *sql, uint64_t *ret)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*ret = (uint64_t)sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return database_error(db, code);
}

/* Begins to read, and so holds the moment. */
static int measure(struct backup *backup)
{
	uint64_t pages, page_size;
	int r;

	r = database_run(backup->db, "BEGIN");
	if (r == 0)
		r = read_number(backup->db, "PRAGMA page_count", &pages);
	if (r == 0)
		r = read_number(backup->db, "PRAGMA page_size", &page_size);
	if (r == 0)
		backup->size = pages * page_size;
	return r;
}

int backup_open(const char *store, struct backup **ret)
{
	CLEANUP(backup_closep) struct backup *backup = calloc(1, sizeof(*backup));
	int r;

	if (!backup)
		return -ENOMEM;
	r = database_open(store, BUSY_MS, &backup->db);
	if (r == 0)
		r = schema_check(backup->db);
	if (r == 0)
		r = measure(backup);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(backup);
	return 0;
}

uint64_t backup_size(const struct backup *backup)
{
	return backup->size;
}

static int copy_pages(const struct backup *backup, sqlite3 *to, backup_watch_fn *watch,
		      void *context)
{
	sqlite3_backup *copying = sqlite3_backup_init(to, "main", backup->db, "main");
	bool go_on = true;
	int code;

	if (!copying)
		return database_error(to, sqlite3_errcode(to));
	do {
		uint64_t total, left;

		code = sqlite3_backup_step(copying, STEP_PAGES);
		total = (uint64_t)sqlite3_backup_pagecount(copying);
		left = (uint64_t)sqlite3_backup_remaining(copying);
		go_on = watch(context, total - left, total);
	} while (code == SQLITE_OK && go_on);
	sqlite3_backup_finish(copying);
	return code == SQLITE_OK ? -ECANCELED : database_error(to, code);
}

static int write_copy(const struct backup *backup, const char *path, backup_watch_fn *watch,
		      void *context)
{
	sqlite3 *db = NULL;
	int r;

	r = database_open_copy(path, &db);
	if (r < 0)
		return r;
	r = copy_pages(backup, db, watch, context);
	database_close(db);
	return r;
}

static int sync_file(const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int backup_write(struct backup *backup, const char *file, backup_watch_fn *watch, void *context)
{
	CLEANUP_FREE char *temporary = NULL;
	struct stat st;
	int r;

	if (lstat(file, &st) == 0)
		return -EEXIST;
	if (asprintf(&temporary, "%s.%d.part", file, (int)getpid()) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	r = write_copy(backup, temporary, watch, context);
	if (r == -EEXIST)
		return r;
	if (r == 0)
		r = sync_file(temporary);
	if (r == 0)
		r = durable_place(temporary, file);
	if (r < 0)
		database_remove(temporary);
	return r < 0 ? r : durable_sync_directory(file);
}
