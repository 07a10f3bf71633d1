/*
 * One daemon at a time. The lock is a flock on the write-ahead log, which exists as long as any
 * connection does, whose descriptors SQLite takes no POSIX locks on, and which is gone with the
 * process however it ends. A lock on the database file would do harm: closing any descriptor of it
 * drops every POSIX lock of the process there, SQLite's included. SQLite's own EXCLUSIVE mode would
 * shut out those who only read.
 *
 * Erasing. Pages reach the database file through xWrite of SQLite's file layer; ours is put before
 * it to clean what secure_delete leaves in a page (btree.h). The write-ahead log is not touched:
 * its frames are checksummed, and it is truncated after a checkpoint.
 */
#include "store/database.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "store/btree.h"
#include "store/durable.h"
#include "store/schema.h"

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

#define PAGES_MAX 33554431
_Static_assert(PAGES_MAX == BTREE_PAGES_MAX, "beyond it pages could not be scrubbed");

/* Longer than any row that is written; a longer one in the file is not even allocated. */
enum { LENGTH_MAX = 1 << 20 };

struct scrubber {
	sqlite3_io_methods methods; /* first: a file finds its scrubber by it */
	const sqlite3_io_methods *below;
};

/* Where POSIX locks, shared memory or fsync are not what SQLite takes them for. */
static const unsigned long foreign_filesystems[] = {
	NFS_SUPER_MAGIC, CIFS_SUPER_MAGIC, SMB_SUPER_MAGIC,  SMB2_SUPER_MAGIC, FUSE_SUPER_MAGIC,
	AFS_SUPER_MAGIC, CEPH_SUPER_MAGIC, CODA_SUPER_MAGIC, NCP_SUPER_MAGIC,  V9FS_MAGIC,
};

static const struct {
	int code;
	int error;
} errors[] = {
	{SQLITE_OK, 0},
	{SQLITE_DONE, 0},
	{SQLITE_ROW, 0},
	{SQLITE_FULL, -ENOSPC},
	{SQLITE_READONLY, -EROFS},
	{SQLITE_BUSY, -EBUSY},
	{SQLITE_LOCKED, -EBUSY},
	{SQLITE_CORRUPT, -EBADMSG},
	{SQLITE_NOTADB, -EBADMSG},
	{SQLITE_TOOBIG, -EBADMSG},
	{SQLITE_CONSTRAINT, -EEXIST},
	{SQLITE_NOMEM, -ENOMEM},
	{SQLITE_IOERR_NOMEM, -ENOMEM},
	{SQLITE_CANTOPEN_SYMLINK, -ELOOP},
	{SQLITE_PERM, -EACCES},
};

int database_error(sqlite3 *db, int code)
{
	int system = db ? sqlite3_system_errno(db) : 0;
	int primary = code & 0xff;

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		if (errors[i].code == code || errors[i].code == primary)
			return errors[i].error;
	}
	if (primary == SQLITE_IOERR && (system == ENOSPC || system == EDQUOT))
		return -ENOSPC;
	if (primary == SQLITE_CANTOPEN && system > 0)
		return -system;
	return -EIO;
}

int database_run(sqlite3 *db, const char *sql)
{
	return database_error(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

/* The path with its directory resolved: symlinks may lead to the directory, not to the file. */
static int path_resolve(const char *path, char **ret)
{
	CLEANUP_FREE char *for_directory = strdup(path);
	CLEANUP_FREE char *for_name = strdup(path);
	CLEANUP_FREE char *directory = NULL;

	if (!for_directory || !for_name)
		return -ENOMEM;
	directory = realpath(dirname(for_directory), NULL);
	if (!directory)
		return -errno;
	return asprintf(ret, "%s/%s", directory, basename(for_name)) < 0 ? -ENOMEM : 0;
}

/* A descriptor without access, which can be closed without dropping SQLite's locks. */
static int path_check(const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	struct statfs filesystem;

	if (fd < 0 || fstat(fd, &st) || fstatfs(fd, &filesystem))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISLNK(st.st_mode) ? -ELOOP : -EBADMSG;
	for (size_t i = 0; i < sizeof(foreign_filesystems) / sizeof(*foreign_filesystems); i++) {
		if ((uint32_t)filesystem.f_type == foreign_filesystems[i])
			return -ENOTSUP;
	}
	return 0;
}

static int scrubbing_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
	const struct scrubber *scrubber = (const struct scrubber *)file->pMethods;
	uint8_t page[BTREE_PAGE_SIZE];

	if (size != BTREE_PAGE_SIZE || offset % BTREE_PAGE_SIZE)
		return scrubber->below->xWrite(file, bytes, size, offset);
	memcpy(page, bytes, sizeof(page));
	btree_page_scrub(page, offset == 0);
	return scrubber->below->xWrite(file, page, size, offset);
}

static int scrubbing_close(sqlite3_file *file)
{
	CLEANUP_FREE const struct scrubber *scrubber = (const struct scrubber *)file->pMethods;

	file->pMethods = scrubber->below;
	return file->pMethods->xClose(file);
}

/* Put scrubbing_write() before the file's own. */
static int scrub(sqlite3_file *file)
{
	struct scrubber *scrubber = malloc(sizeof(*scrubber));

	if (!scrubber)
		return -ENOMEM;
	scrubber->methods = *file->pMethods;
	scrubber->methods.xWrite = scrubbing_write;
	scrubber->methods.xClose = scrubbing_close;
	scrubber->below = file->pMethods;
	file->pMethods = &scrubber->methods;
	return 0;
}

static int configure(sqlite3 *db, int busy_ms)
{
	static const struct {
		int option;
		int on;
	} options[] = {
		{SQLITE_DBCONFIG_DEFENSIVE, 1},	     {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
		{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
		{SQLITE_DBCONFIG_DQS_DML, 0},	     {SQLITE_DBCONFIG_DQS_DDL, 0},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		if (sqlite3_db_config(db, options[i].option, options[i].on, NULL))
			return -EIO;
	}
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LENGTH_MAX);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_busy_timeout(db, busy_ms);
	return database_run(db, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;"
				"PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON;");
}

/* A connection to the file, whatever is in it. `vfs` is SQLite's name of how files are locked, NULL
 * for the usual way. */
static int connect_by(const char *vfs, const char *path, int busy_ms, sqlite3 **ret,
		      sqlite3_file **ret_file)
{
	CLEANUP(database_closep) sqlite3 *db = NULL;
	sqlite3_file *file = NULL;
	int r;

	r = sqlite3_open_v2(path, &db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
				    SQLITE_OPEN_EXRESCODE,
			    vfs);
	if (r != SQLITE_OK)
		return database_error(db, r);
	if (sqlite3_db_readonly(db, "main"))
		return -EROFS;
	r = configure(db, busy_ms);
	if (r < 0)
		return r;
	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK)
		return -EIO;
	r = scrub(file);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(db);
	*ret_file = file;
	return 0;
}

static int connect_to(const char *path, int busy_ms, sqlite3 **ret, sqlite3_file **ret_file)
{
	return connect_by(NULL, path, busy_ms, ret, ret_file);
}

sqlite3 *database_close(sqlite3 *db)
{
	sqlite3_close_v2(db);
	return NULL;
}

int database_open(const char *path, int busy_ms, sqlite3 **ret)
{
	CLEANUP(database_closep) sqlite3 *db = NULL;
	CLEANUP_FREE char *resolved = NULL;
	sqlite3_file *file;
	int r;

	r = path_resolve(path, &resolved);
	if (r < 0)
		return r;
	r = path_check(resolved);
	if (r < 0)
		return r;
	r = connect_to(resolved, busy_ms, &db, &file);
	if (r < 0)
		return r;
	r = schema_check_header(file);
	if (r < 0)
		return r;
	/* Kibibytes, taken as they are needed: the values of an organisation that is read all the
	 * time. A page is checked whenever it is fetched. */
	r = database_run(db, "PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;"
			     "PRAGMA max_page_count = " TEXT(PAGES_MAX) ";");
	if (r < 0)
		return r;
	*ret = TAKE_PTR(db);
	return 0;
}

int database_lock(sqlite3 *db, int *ret_lock)
{
	const char *path = sqlite3_db_filename(db, "main");
	CLEANUP_CLOSE int fd = -1;
	int r;

	/* Reading makes the log exist, and keeps it for as long as the connection lives. */
	r = database_run(db, "PRAGMA user_version");
	if (r < 0)
		return r;
	fd = open(sqlite3_filename_wal(path), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	/* SQLite does this too, but would not say that it failed. */
	r = durable_sync_directory(path);
	if (r < 0)
		return r;
	*ret_lock = TAKE_FD(fd);
	return 0;
}

bool database_wal_is_empty(sqlite3 *db)
{
	struct stat st;

	return stat(sqlite3_filename_wal(sqlite3_db_filename(db, "main")), &st) || !st.st_size;
}

/* A connection that has not read yet does not know of the log and would have nothing to do; -1 says
 * so. */
int database_empty_wal(sqlite3 *db)
{
	int left = -1;
	int code = sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_TRUNCATE, &left, NULL);

	return code == SQLITE_OK && left ? -EIO : database_error(db, code);
}

/* Connections that close move what is in the log into the file, but do not say if they failed. */
static int create_in(const char *path)
{
	CLEANUP(database_closep) sqlite3 *db = NULL;
	sqlite3_file *file;
	int r;

	r = connect_to(path, 0, &db, &file);
	if (r < 0)
		return r;
	r = schema_create(db);
	return r < 0 ? r : database_empty_wal(db);
}

static int create_empty(const char *path)
{
	CLEANUP_CLOSE int fd = -1;

	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 || fchmod(fd, 0600) ? -errno : 0;
}

void database_remove(const char *path)
{
	static const char *const suffixes[] = {"", "-journal", "-wal", "-shm"};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		CLEANUP_FREE char *name = NULL;

		if (asprintf(&name, "%s%s", path, suffixes[i]) >= 0)
			unlink(name);
		else
			name = NULL;
	}
}

int database_create(const char *path)
{
	CLEANUP_FREE char *resolved = NULL;
	int r;

	r = path_resolve(path, &resolved);
	if (r < 0)
		return r;
	r = create_empty(resolved);
	if (r < 0)
		return r;
	r = path_check(resolved);
	if (r == 0)
		r = create_in(resolved);
	if (r == 0)
		r = durable_sync_directory(resolved);
	if (r < 0)
		database_remove(resolved);
	return r;
}

static int open_copy_in(const char *path, sqlite3 **ret)
{
	CLEANUP(database_closep) sqlite3 *db = NULL;
	sqlite3_file *file;
	int r;

	r = connect_by("unix-none", path, 0, &db, &file);
	if (r == 0)
		r = database_run(db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;");
	if (r == 0)
		*ret = TAKE_PTR(db);
	return r;
}

int database_open_copy(const char *path, sqlite3 **ret)
{
	CLEANUP_FREE char *resolved = NULL;
	int r;

	r = path_resolve(path, &resolved);
	if (r < 0)
		return r;
	r = create_empty(resolved);
	if (r < 0)
		return r;
	r = open_copy_in(resolved, ret);
	if (r < 0)
		database_remove(resolved);
	return r;
}
