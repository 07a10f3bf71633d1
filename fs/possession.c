/*
 * Nothing is handed over that somebody else could have put there: it must be root's, or his who has
 * the place of the daemon's user while there is none, and lie under one name only. Directories are
 * walked by descriptor and links are not followed.
 */
#include "fs/possession.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "store/id.h"

/* A directory of the audit log is called by an organisation's id, in hexadecimal. */
enum { AUDIT_NAME = 2 * ID_SIZE };

struct possession {
	const struct settings *settings;
	const struct owner *owner;
};

/* Whether it may and need be handed over. */
static bool is_given(const struct possession *possession, const struct stat *st)
{
	return st->st_uid != possession->owner->uid &&
	       (st->st_uid == 0 || st->st_uid == OWNER_UNNAMED);
}

static void give(const struct possession *possession, int fd)
{
	const struct owner *owner = possession->owner;

	(void)!fchownat(fd, "", owner->uid, owner->gid, AT_EMPTY_PATH);
}

static void take_file(const struct possession *possession, int directory, const char *name)
{
	CLEANUP_CLOSE int fd = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
	    is_given(possession, &st))
		give(possession, fd);
}

/* With what SQLite keeps beside it. */
static void take_database(const struct possession *possession, const char *path)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};

	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		CLEANUP_FREE char *name = NULL;

		if (asprintf(&name, "%s%s", path, suffixes[i]) >= 0)
			take_file(possession, AT_FDCWD, name);
		else
			name = NULL;
	}
}

static bool begins_with_name_of(const char *name, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *last = slash ? slash + 1 : path;

	return *last && strncmp(name, last, strlen(last)) == 0;
}

typedef bool is_ours_fn(const struct settings *settings, const char *name);

static bool is_of_store(const struct settings *settings, const char *name)
{
	return begins_with_name_of(name, settings->store_path) ||
	       begins_with_name_of(name, settings->store_identity) ||
	       begins_with_name_of(name, settings->store_pins) ||
	       begins_with_name_of(name, settings->audit_directory);
}

static bool is_of_audit(const struct settings *settings, const char *name)
{
	(void)settings;
	return strlen(name) == AUDIT_NAME && strspn(name, "0123456789abcdef") == AUDIT_NAME;
}

/* Another view of a directory, whose reading does not move the first. */
static DIR *list(int fd)
{
	const int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = copy < 0 ? NULL : fdopendir(copy);

	if (!entries && copy >= 0)
		close(copy);
	return entries;
}

static void end_list(DIR **entries)
{
	if (*entries)
		closedir(*entries);
}

/* What a file system puts into a directory. */
static bool is_nobodys(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "lost+found") == 0;
}

static bool holds_only(const struct possession *possession, int fd, is_ours_fn *is_ours)
{
	CLEANUP(end_list) DIR *entries = list(fd);
	const struct dirent *entry;

	if (!entries)
		return false;
	while ((entry = readdir(entries))) {
		if (!is_nobodys(entry->d_name) && !is_ours(possession->settings, entry->d_name))
			return false;
	}
	return true;
}

/* Whether it is a directory of ours alone, to be handed over. */
static bool is_own_directory(const struct possession *possession, int fd, is_ours_fn *is_ours)
{
	struct stat st;

	return fstat(fd, &st) == 0 && !(st.st_mode & (S_IRWXG | S_IRWXO)) &&
	       is_given(possession, &st) && holds_only(possession, fd, is_ours);
}

static void take_parent(const struct possession *possession, const char *path)
{
	CLEANUP_FREE char *copy = strdup(path);
	CLEANUP_CLOSE int fd = -1;

	if (copy)
		fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && is_own_directory(possession, fd, is_of_store))
		give(possession, fd);
}

static void take_log(const struct possession *possession, int directory, const char *name)
{
	CLEANUP_CLOSE int fd =
		openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	CLEANUP(end_list) DIR *entries = fd < 0 ? NULL : list(fd);
	const struct dirent *entry;
	struct stat st;

	while (entries && (entry = readdir(entries))) {
		if (!is_nobodys(entry->d_name))
			take_file(possession, fd, entry->d_name);
	}
	if (fd >= 0 && fstat(fd, &st) == 0 && is_given(possession, &st))
		give(possession, fd);
}

/* The directory itself last: whoever is interrupted begins anew. */
static void take_logs(const struct possession *possession, int fd)
{
	CLEANUP(end_list) DIR *entries = list(fd);
	const struct dirent *entry;

	while (entries && (entry = readdir(entries))) {
		if (!is_nobodys(entry->d_name))
			take_log(possession, fd, entry->d_name);
	}
	give(possession, fd);
}

/* Made where it is missing: the daemon may not be able to. */
static void take_audit(const struct possession *possession)
{
	const char *path = possession->settings->audit_directory;
	CLEANUP_CLOSE int fd = -1;

	(void)!mkdir(path, 0700);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && is_own_directory(possession, fd, is_of_audit))
		take_logs(possession, fd);
}

void possession_take(const struct settings *settings, const struct owner *owner)
{
	const struct possession possession = {settings, owner};

	take_database(&possession, settings->store_path);
	take_file(&possession, AT_FDCWD, settings->store_pins);
	take_audit(&possession);
	/* Last, as long as nobody else can come at what is in them. */
	take_parent(&possession, settings->store_path);
	take_parent(&possession, settings->store_pins);
}

/* What is of another kind than it should be is told by who opens it. */
static int check(const char *path, mode_t kind, int mode)
{
	struct stat st;

	if (lstat(path, &st) == 0 && (st.st_mode & S_IFMT) != kind)
		return 0;
	return access(path, mode) < 0 && (errno == EACCES || errno == EPERM) ? -EACCES : 0;
}

/* Where files come and go; the way to it may lead over links. */
static int check_parent(const char *path)
{
	CLEANUP_FREE char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	return access(dirname(copy), W_OK | X_OK) < 0 && (errno == EACCES || errno == EPERM)
		       ? -EACCES
		       : 0;
}

int possession_check(const struct settings *settings, const char **ret_path)
{
	const struct {
		const char *path;
		mode_t kind;
		int mode;
		bool replaced;
	} places[] = {
		{settings->store_path, S_IFREG, R_OK | W_OK, true},
		{settings->store_pins, S_IFREG, R_OK | W_OK, true},
		{settings->audit_directory, S_IFDIR, R_OK | W_OK | X_OK, false},
	};

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		int r = check(places[i].path, places[i].kind, places[i].mode);

		if (r == 0 && places[i].replaced)
			r = check_parent(places[i].path);
		if (r < 0) {
			*ret_path = places[i].path;
			return r;
		}
	}
	return 0;
}
