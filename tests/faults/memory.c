/*
 * Memory that runs out: a library to be preloaded into the daemon, or a part of a test. Allocations
 * are counted, and some of them fail. To the daemon the file FAULT_CONTROL says which, shared with
 * tests/system/faults/memory.py.
 */
#include "tests/faults/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct fault_memory *fault_memory;

#define EXPORT(name) __asm__(name) __attribute__((visibility("default")))

/* The C library's own. */
void *libc_malloc(size_t size) __asm__("__libc_malloc");
void *libc_calloc(size_t count, size_t size) __asm__("__libc_calloc");
void *libc_realloc(void *old, size_t size) __asm__("__libc_realloc");
void *libc_memalign(size_t alignment, size_t size) __asm__("__libc_memalign");

__attribute__((constructor)) static void start(void)
{
	const char *path = getenv("FAULT_CONTROL");
	long fd;
	void *at;

	if (!path)
		return;
	fd = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		abort();
	at = mmap(NULL, sizeof(struct fault_memory), PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd,
		  0);
	if (at == MAP_FAILED)
		abort();
	syscall(SYS_close, fd);
	fault_memory = at;
}

static bool fails(void)
{
	struct fault_memory *control = fault_memory;
	uint32_t number;

	if (!control)
		return false;
	number = atomic_fetch_add(&control->count, 1) + 1;
	if (!control->at || number < control->at || number - control->at >= control->width)
		return false;
	atomic_fetch_add(&control->fired, 1);
	errno = ENOMEM;
	return true;
}

void *failing_malloc(size_t size) EXPORT("malloc");
void *failing_malloc(size_t size)
{
	return fails() ? NULL : libc_malloc(size);
}

void *failing_calloc(size_t count, size_t size) EXPORT("calloc");
void *failing_calloc(size_t count, size_t size)
{
	return fails() ? NULL : libc_calloc(count, size);
}

void *failing_realloc(void *old, size_t size) EXPORT("realloc");
void *failing_realloc(void *old, size_t size)
{
	return fails() ? NULL : libc_realloc(old, size);
}

void *failing_reallocarray(void *old, size_t count, size_t size) EXPORT("reallocarray");
void *failing_reallocarray(void *old, size_t count, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(count, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return fails() ? NULL : libc_realloc(old, all);
}

int failing_posix_memalign(void **ret, size_t alignment, size_t size) EXPORT("posix_memalign");
int failing_posix_memalign(void **ret, size_t alignment, size_t size)
{
	void *at = fails() ? NULL : libc_memalign(alignment, size);

	if (!at)
		return ENOMEM;
	*ret = at;
	return 0;
}

void *failing_aligned_alloc(size_t alignment, size_t size) EXPORT("aligned_alloc");
void *failing_aligned_alloc(size_t alignment, size_t size)
{
	return fails() ? NULL : libc_memalign(alignment, size);
}
