/*
 * Memory that runs out: a library to be preloaded into the daemon, or a part of a test. Allocations
 * are counted, and some of them fail. To the daemon the file FAULT_CONTROL says which, shared with
 * tests/system/faults/memory.py. Those of libseccomp are left alone, or with FAULT_SECCOMP they are
 * the only ones: it does not come to an end without memory (fs/filter.c).
 */
#include "tests/faults/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
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

static struct {
	uintptr_t start, end; /* of libseccomp */
	bool only;
} filter;

static int find_filter(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)size;
	(void)context;
	if (!strstr(info->dlpi_name, "libseccomp"))
		return 0;
	filter.start = info->dlpi_addr;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const uintptr_t end =
			info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;

		if (info->dlpi_phdr[i].p_type == PT_LOAD && end > filter.end)
			filter.end = end;
	}
	return 1;
}

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
	dl_iterate_phdr(find_filter, NULL);
	filter.only = getenv("FAULT_SECCOMP");
	fault_memory = at;
}

static bool fails(const void *caller)
{
	const uintptr_t from = (uintptr_t)caller;
	const bool is_filter = from >= filter.start && from < filter.end;
	struct fault_memory *control = fault_memory;
	uint32_t number;

	if (!control || is_filter != filter.only)
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
	return fails(__builtin_return_address(0)) ? NULL : libc_malloc(size);
}

void *failing_calloc(size_t count, size_t size) EXPORT("calloc");
void *failing_calloc(size_t count, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : libc_calloc(count, size);
}

void *failing_realloc(void *old, size_t size) EXPORT("realloc");
void *failing_realloc(void *old, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : libc_realloc(old, size);
}

void *failing_reallocarray(void *old, size_t count, size_t size) EXPORT("reallocarray");
void *failing_reallocarray(void *old, size_t count, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(count, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return fails(__builtin_return_address(0)) ? NULL : libc_realloc(old, all);
}

int failing_posix_memalign(void **ret, size_t alignment, size_t size) EXPORT("posix_memalign");
int failing_posix_memalign(void **ret, size_t alignment, size_t size)
{
	void *at = fails(__builtin_return_address(0)) ? NULL : libc_memalign(alignment, size);

	if (!at)
		return ENOMEM;
	*ret = at;
	return 0;
}

void *failing_aligned_alloc(size_t alignment, size_t size) EXPORT("aligned_alloc");
void *failing_aligned_alloc(size_t alignment, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : libc_memalign(alignment, size);
}
