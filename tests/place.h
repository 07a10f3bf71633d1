/*
 * A directory of a test's own, removed with all that is in it when the variable's scope ends, and
 * what tests do to files behind the back of the code that wrote them.
 */
#pragma once

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include "store/cleanup.h"
#include "tests/bytes.h"

struct place {
	char directory[64];
	char store[96];
	char pins[96];
};

static inline int place_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline void place_done(struct place *place)
{
	nftw(place->directory, place_remove, 8, FTW_DEPTH | FTW_PHYS);
}
#define PLACE __attribute__((unused)) CLEANUP(place_done) struct place

static inline struct place place_new(void)
{
	struct place place = {.directory = "/tmp/credfs-test-XXXXXX"};

	cr_assert_not_null(mkdtemp(place.directory));
	snprintf(place.store, sizeof(place.store), "%s/store.db", place.directory);
	snprintf(place.pins, sizeof(place.pins), "%s/pins", place.directory);
	return place;
}

/* The content of `path` with `suffix`; nothing when there is no such file. */
static inline struct bytes file_read(const char *path, const char *suffix)
{
	struct bytes bytes = {NULL, 0};
	char name[128];
	FILE *file;
	struct stat st;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	file = fopen(name, "re");
	if (!file)
		return bytes;
	cr_assert_eq(fstat(fileno(file), &st), 0);
	bytes.at = malloc((size_t)st.st_size + 1);
	cr_assert_not_null(bytes.at);
	bytes.size = fread(bytes.at, 1, (size_t)st.st_size, file);
	fclose(file);
	return bytes;
}

static inline void file_write(const char *path, const void *bytes, size_t size)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
}

/* Whether the bytes stand in the database or in its write-ahead log. */
static inline bool store_holds(const char *path, const void *bytes, size_t size)
{
	BYTES database = file_read(path, "");
	BYTES wal = file_read(path, "-wal");

	return (database.at && memmem(database.at, database.size, bytes, size)) ||
	       (wal.at && memmem(wal.at, wal.size, bytes, size));
}

/* Change the database as whoever holds the file can. */
static inline void tamper(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	char *error = NULL;

	cr_assert_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &error), SQLITE_OK, "%s: %s", sql, error);
	sqlite3_close(db);
}
