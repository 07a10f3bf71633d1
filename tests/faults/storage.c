/*
 * Storage that fails: a library to be preloaded into the daemon. Calls on files below FAULT_DIR
 * are counted, and the one whose number stands in the control file FAULT_CONTROL does what that
 * file says in place of its work. Whoever runs the test maps the same file, so that one daemon may
 * be made to fail many times. With FAULT_TAPE each change that was made is written to that file,
 * in order, for power.py to make from it what a loss of power leaves. FAULT_NO_RENAME_FLAGS: a file
 * system that cannot rename without replacing, as NFS.
 *
 * The symbols are those of the C library, with their 64-bit twins; the work is done by system calls
 * of our own. The table of descriptors knows only files that were opened below FAULT_DIR.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/faults/tape.h"

enum action {
	PASS,
	KILL,	   /* before the call */
	KILL_HALF, /* in the middle of a write; before any other call */
	FAIL_EIO,
	FAIL_ENOSPC,
	SHORT_WRITE, /* half is written; other calls do their work */
	STICKY_EIO,  /* from this call on */
};

/* Shared with tests/system/faults/storage.py. */
struct control {
	uint32_t action;
	uint32_t at; /* the first call is 1 */
	uint32_t with_reads;
	_Atomic uint32_t count;
	_Atomic uint32_t fired;
	char what[28]; /* the call that failed */
};

enum { DESCRIPTORS = 4096 };

static struct control *control;
static const char *directory;
static atomic_bool watched[DESCRIPTORS];

#define EXPORT(name) __asm__(name) __attribute__((visibility("default")))

__attribute__((constructor)) static void start(void)
{
	const char *path = getenv("FAULT_CONTROL");
	long fd;
	void *at;

	directory = getenv("FAULT_DIR");
	if (!path || !directory)
		return;
	fd = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		abort();
	at = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);
	if (at == MAP_FAILED)
		abort();
	syscall(SYS_close, fd);
	control = at;
	tape_open(getenv("FAULT_TAPE"));
}

static bool is_below(const char *path)
{
	size_t size = directory ? strlen(directory) : 0;

	return control && strncmp(path, directory, size) == 0 &&
	       (path[size] == '/' || path[size] == '\0');
}

static bool is_watched(int fd)
{
	return control && fd >= 0 && fd < DESCRIPTORS && watched[fd];
}

static void die(void)
{
	syscall(SYS_kill, getpid(), SIGKILL);
	for (;;)
		pause();
}

/* Count the call; what it is to do. */
static enum action judge(const char *what, bool reading)
{
	uint32_t number;

	if (reading && !control->with_reads)
		return PASS;
	number = atomic_fetch_add(&control->count, 1) + 1;
	if (number != control->at && !(control->action == STICKY_EIO && number > control->at))
		return PASS;
	if (control->action != PASS && !atomic_fetch_add(&control->fired, 1))
		strncpy(control->what, what, sizeof(control->what) - 1);
	if (control->action == KILL)
		die();
	return control->action;
}

/* Judge a call that does not write; true when it is to fail, with errno set. */
static bool fails(const char *what, bool reading)
{
	switch (judge(what, reading)) {
	case FAIL_EIO:
	case STICKY_EIO:
		errno = EIO;
		return true;
	case FAIL_ENOSPC:
		errno = reading ? EIO : ENOSPC;
		return true;
	case KILL_HALF:
		die();
		return true;
	case PASS:
	case KILL:
	case SHORT_WRITE:
		return false;
	}
	return false;
}

static long write_raw(int fd, const void *bytes, size_t size, off_t offset)
{
	struct tape_record record = {.change = WRITE, .fd = fd, .offset = offset};
	long result;

	if (!is_watched(fd))
		return offset < 0 ? syscall(SYS_write, fd, bytes, size)
				  : syscall(SYS_pwrite64, fd, bytes, size, offset);
	tape_hold();
	if (offset < 0)
		record.offset = syscall(SYS_lseek, fd, 0, SEEK_CUR);
	result = offset < 0 ? syscall(SYS_write, fd, bytes, size)
			    : syscall(SYS_pwrite64, fd, bytes, size, offset);
	record.size = result > 0 ? (size_t)result : 0;
	return tape_put(result, record, bytes);
}

/* With a negative offset: where the file stands. */
static ssize_t write_any(int fd, const void *bytes, size_t size, off_t offset)
{
	enum action action = is_watched(fd) ? judge("write", false) : PASS;

	switch (action) {
	case FAIL_EIO:
	case STICKY_EIO:
		errno = EIO;
		return -1;
	case FAIL_ENOSPC:
		errno = ENOSPC;
		return -1;
	case KILL_HALF:
		(void)write_raw(fd, bytes, size / 2, offset);
		die();
		return -1;
	case SHORT_WRITE:
		return write_raw(fd, bytes, size > 1 ? size / 2 : size, offset);
	case PASS:
	case KILL:
		break;
	}
	return write_raw(fd, bytes, size, offset);
}

static int open_any(int at, const char *path, int flags, mode_t mode)
{
	bool below = is_below(path);
	long fd;

	if (below && fails("open", (flags & O_ACCMODE) == O_RDONLY))
		return -1;
	if (below)
		tape_hold();
	fd = syscall(SYS_openat, at, path, flags, mode);
	if (fd >= 0 && fd < DESCRIPTORS)
		watched[fd] = below;
	if (below)
		tape_put(fd,
			 (struct tape_record){
				 .change = OPEN,
				 .fd = (int)fd,
				 .offset = flags,
				 .size = strlen(path),
			 },
			 path);
	return (int)fd;
}

#define OPEN(function, symbol)                                                     \
	int function(const char *path, int flags, ...) EXPORT(symbol);             \
	int function(const char *path, int flags, ...)                             \
	{                                                                          \
		mode_t mode;                                                       \
		va_list list;                                                      \
                                                                                   \
		va_start(list, flags);                                             \
		mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, mode_t) : 0; \
		va_end(list);                                                      \
		return open_any(AT_FDCWD, path, flags, mode);                      \
	}
OPEN(faulty_open, "open")
OPEN(faulty_open64, "open64")

#define OPENAT(function, symbol)                                                   \
	int function(int at, const char *path, int flags, ...) EXPORT(symbol);     \
	int function(int at, const char *path, int flags, ...)                     \
	{                                                                          \
		mode_t mode;                                                       \
		va_list list;                                                      \
                                                                                   \
		va_start(list, flags);                                             \
		mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, mode_t) : 0; \
		va_end(list);                                                      \
		return open_any(at, path, flags, mode);                            \
	}
OPENAT(faulty_openat, "openat")
OPENAT(faulty_openat64, "openat64")

int faulty_close(int fd) EXPORT("close");
int faulty_close(int fd)
{
	if (fd >= 0 && fd < DESCRIPTORS)
		watched[fd] = false;
	return (int)syscall(SYS_close, fd);
}

ssize_t faulty_write(int fd, const void *bytes, size_t size) EXPORT("write");
ssize_t faulty_write(int fd, const void *bytes, size_t size)
{
	return write_any(fd, bytes, size, -1);
}

#define PWRITE(function, symbol)                                                               \
	ssize_t function(int fd, const void *bytes, size_t size, off_t offset) EXPORT(symbol); \
	ssize_t function(int fd, const void *bytes, size_t size, off_t offset)                 \
	{                                                                                      \
		return write_any(fd, bytes, size, offset);                                     \
	}
PWRITE(faulty_pwrite, "pwrite")
PWRITE(faulty_pwrite64, "pwrite64")

ssize_t faulty_read(int fd, void *bytes, size_t size) EXPORT("read");
ssize_t faulty_read(int fd, void *bytes, size_t size)
{
	return is_watched(fd) && fails("read", true) ? -1 : syscall(SYS_read, fd, bytes, size);
}

#define PREAD(function, symbol)                                                          \
	ssize_t function(int fd, void *bytes, size_t size, off_t offset) EXPORT(symbol); \
	ssize_t function(int fd, void *bytes, size_t size, off_t offset)                 \
	{                                                                                \
		return is_watched(fd) && fails("pread", true)                            \
			       ? -1                                                      \
			       : syscall(SYS_pread64, fd, bytes, size, offset);          \
	}
PREAD(faulty_pread, "pread")
PREAD(faulty_pread64, "pread64")

static int sync_any(int fd, long call, const char *what)
{
	if (!is_watched(fd))
		return (int)syscall(call, fd);
	if (fails(what, false))
		return -1;
	tape_hold();
	return (int)tape_put(syscall(call, fd), (struct tape_record){.change = SYNC, .fd = fd}, "");
}

int faulty_fsync(int fd) EXPORT("fsync");
int faulty_fsync(int fd)
{
	return sync_any(fd, SYS_fsync, "fsync");
}

int faulty_fdatasync(int fd) EXPORT("fdatasync");
int faulty_fdatasync(int fd)
{
	return sync_any(fd, SYS_fdatasync, "fdatasync");
}

static int truncate_any(int fd, off_t size)
{
	if (!is_watched(fd))
		return (int)syscall(SYS_ftruncate, fd, size);
	if (fails("ftruncate", false))
		return -1;
	tape_hold();
	return (int)tape_put(syscall(SYS_ftruncate, fd, size),
			     (struct tape_record){.change = TRUNCATE, .fd = fd, .offset = size},
			     "");
}

#define FTRUNCATE(function, symbol)                      \
	int function(int fd, off_t size) EXPORT(symbol); \
	int function(int fd, off_t size)                 \
	{                                                \
		return truncate_any(fd, size);           \
	}
FTRUNCATE(faulty_ftruncate, "ftruncate")
FTRUNCATE(faulty_ftruncate64, "ftruncate64")

int faulty_unlink(const char *path) EXPORT("unlink");
int faulty_unlink(const char *path)
{
	if (!is_below(path))
		return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
	if (fails("unlink", false))
		return -1;
	tape_hold();
	return (int)tape_put_paths(syscall(SYS_unlinkat, AT_FDCWD, path, 0), UNLINK, path, "");
}

static int rename_any(const char *from, const char *to, unsigned flags)
{
	if (!is_below(to))
		return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
	if (fails("rename", false))
		return -1;
	tape_hold();
	return (int)tape_put_paths(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags),
				   RENAME, from, to);
}

int faulty_rename(const char *from, const char *to) EXPORT("rename");
int faulty_rename(const char *from, const char *to)
{
	return rename_any(from, to, 0);
}

/* Only paths from the current directory: none other are asked for. */
int faulty_renameat2(int, const char *from, int, const char *to, unsigned flags)
	EXPORT("renameat2");
int faulty_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	if (from_fd != AT_FDCWD || to_fd != AT_FDCWD)
		abort();
	if (flags && getenv("FAULT_NO_RENAME_FLAGS")) {
		errno = EINVAL;
		return -1;
	}
	return rename_any(from, to, flags);
}

int faulty_link(const char *from, const char *to) EXPORT("link");
int faulty_link(const char *from, const char *to)
{
	if (!is_below(to))
		return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
	if (fails("link", false))
		return -1;
	tape_hold();
	return (int)tape_put_paths(syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0), LINK, from,
				   to);
}

int faulty_mkdir(const char *path, mode_t mode) EXPORT("mkdir");
int faulty_mkdir(const char *path, mode_t mode)
{
	return is_below(path) && fails("mkdir", false)
		       ? -1
		       : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}
