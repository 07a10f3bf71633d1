#include "store/pages.h"

#include <assert.h>
#include <sodium.h>
#include <sys/mman.h>

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Make the inner pages usable and keep them in memory, and there alone. */
static int pages_prepare(uint8_t *bytes, size_t size)
{
	if (mprotect(bytes, size, PROT_READ | PROT_WRITE) < 0)
		return -errno;
	if (madvise(bytes, size, MADV_DONTDUMP) < 0)
		return -errno;
	if (madvise(bytes, size, MADV_DONTFORK) < 0)
		return -errno;
	/* ENOMEM and EAGAIN are the limit's as well, and all mean the same to the caller. The
	 * address sanitizer puts a mlock() in place that does nothing. */
	if (mlock2(bytes, size, 0) < 0)
		return -EPERM;
	return 0;
}

int pages_map(size_t size, uint8_t **ret)
{
	size_t guard = page_size();
	uint8_t *all;
	int r;

	assert(size % guard == 0);

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

void pages_unmap(uint8_t *bytes, size_t size)
{
	size_t guard = page_size();

	sodium_memzero(bytes, size);
	munmap(bytes - guard, size + 2 * guard);
}
