/*
 * A reserve is one mapping that nobody may touch, locked, with a bit for each page that is in use;
 * pieces of it are opened and closed. Behind each piece a page stays closed, which is also the one
 * before the next. Closing keeps the lock, so that the same pages can be opened again without
 * asking.
 */
#include "store/pages.h"

#include <assert.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24 /* since Linux 5.18 */
#endif

struct pages {
	uint8_t *bytes; /* the first page stays closed */
	size_t count;
	bool used[];
};

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Room for what lies between the pieces, which are hardly ever smaller than thirty pages. */
static size_t count_with_gaps(size_t size)
{
	return size / page_size() + size / page_size() / 8 + 32;
}

static int keep_in_memory(uint8_t *bytes, size_t size)
{
	return madvise(bytes, size, MADV_DONTDUMP) < 0 || madvise(bytes, size, MADV_DONTFORK) < 0
		       ? -errno
		       : 0;
}

int pages_reserve(size_t size, struct pages **ret)
{
	const size_t count = count_with_gaps(size);
	CLEANUP_FREE struct pages *pages = calloc(1, sizeof(*pages) + count * sizeof(bool));
	const size_t length = count * page_size();
	int r;

	if (!pages)
		return -ENOMEM;
	pages->count = count;
	pages->bytes = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages->bytes == MAP_FAILED)
		return -ENOMEM;
	r = keep_in_memory(pages->bytes, length);
	if (r == 0 && mlock2(pages->bytes, length, MLOCK_ONFAULT) < 0)
		r = -EPERM;
	if (r < 0) {
		munmap(pages->bytes, length);
		return r;
	}
	*ret = TAKE_PTR(pages);
	return 0;
}

struct pages *pages_free(struct pages *pages)
{
	if (pages)
		munmap(pages->bytes, pages->count * page_size());
	free(pages);
	return NULL;
}

/* The first run of `need` free pages behind a closed one; 0: none. */
static size_t find_run(const struct pages *pages, size_t need)
{
	size_t begin = 1;

	for (size_t i = 1; i < pages->count; i++) {
		if (pages->used[i])
			begin = i + 1;
		else if (i - begin + 1 == need)
			return begin;
	}
	return 0;
}

/* Each page is there before it is needed: what cannot be had is an error here, not a signal. */
static int populate(uint8_t *bytes, size_t size)
{
	if (madvise(bytes, size, MADV_POPULATE_WRITE) == 0)
		return 0;
	if (errno != EINVAL)
		return -ENOMEM;
	for (size_t i = 0; i < size; i += page_size())
		*(volatile uint8_t *)(bytes + i) = 0;
	return 0;
}

static int cut(struct pages *pages, size_t size, uint8_t **ret)
{
	const size_t need = size / page_size() + 1; /* with the one behind it */
	const size_t begin = find_run(pages, need);
	uint8_t *bytes = pages->bytes + begin * page_size();
	int r;

	if (!begin || mprotect(bytes, size, PROT_READ | PROT_WRITE) < 0)
		return -ENOMEM;
	r = populate(bytes, size);
	if (r < 0) {
		(void)!mprotect(bytes, size, PROT_NONE);
		return r;
	}
	memset(pages->used + begin, true, need);
	*ret = bytes;
	return 0;
}

/* Where the kernel cannot take the pages back, they wait for the next. */
static void give_back(struct pages *pages, uint8_t *bytes, size_t size)
{
	const size_t begin = (size_t)(bytes - pages->bytes) / page_size();

	(void)!madvise(bytes, size, MADV_DONTNEED_LOCKED);
	(void)!mprotect(bytes, size, PROT_NONE);
	memset(pages->used + begin, false, size / page_size() + 1);
}

/* Make the inner pages usable and keep them in memory, and there alone. */
static int pages_prepare(uint8_t *bytes, size_t size)
{
	if (mprotect(bytes, size, PROT_READ | PROT_WRITE) < 0 || keep_in_memory(bytes, size) < 0)
		return -errno;
	/* ENOMEM and EAGAIN are the limit's as well, and all mean the same to the caller. The
	 * address sanitizer puts a mlock() in place that does nothing. */
	if (mlock2(bytes, size, 0) < 0)
		return -EPERM;
	return 0;
}

static int map_alone(size_t size, uint8_t **ret)
{
	size_t guard = page_size();
	uint8_t *all;
	int r;

	all = mmap(NULL, size + 2 * guard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (all == MAP_FAILED)
		return -errno;

	r = pages_prepare(all + guard, size);
	if (r < 0) {
		munmap(all, size + 2 * guard);
		return r;
	}

	*ret = all + guard;
	return 0;
}

int pages_map(struct pages *pages, size_t size, uint8_t **ret)
{
	assert(size % page_size() == 0);
	return pages ? cut(pages, size, ret) : map_alone(size, ret);
}

int pages_allowed(size_t size)
{
	void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int r;

	if (bytes == MAP_FAILED)
		return -ENOMEM;
	/* Locked when touched, and never touched: only the limit is asked. */
	r = mlock2(bytes, size, MLOCK_ONFAULT) < 0 ? -EPERM : 0;
	munmap(bytes, size);
	return r;
}

void pages_unmap(struct pages *pages, uint8_t *bytes, size_t size)
{
	size_t guard = page_size();

	sodium_memzero(bytes, size);
	if (pages)
		give_back(pages, bytes, size);
	else
		munmap(bytes - guard, size + 2 * guard);
}
