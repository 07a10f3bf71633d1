#include "fs/shared.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Whoever cut it would end everybody who looks at it. */
static const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

size_t shared_size(void)
{
	return SHARED_PAGE + 2 * shared_half;
}

int shared_new(int *ret_descriptor)
{
	CLEANUP_CLOSE int descriptor =
		memfd_create("credfs-state", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	const uint64_t layout = SHARED_LAYOUT;

	if (descriptor < 0 || ftruncate(descriptor, (off_t)shared_size()) < 0 ||
	    pwrite(descriptor, &layout, sizeof layout, offsetof(struct shared, layout)) < 0 ||
	    fcntl(descriptor, F_ADD_SEALS, seals) < 0)
		return -errno;
	*ret_descriptor = TAKE_FD(descriptor);
	return 0;
}

int shared_map(int descriptor, size_t size, struct shared **ret)
{
	struct shared *shared;
	struct stat st;

	if (fstat(descriptor, &st) < 0)
		return -errno;
	if ((size_t)st.st_size < size || (fcntl(descriptor, F_GET_SEALS) & seals) != seals)
		return -EPROTO;
	shared =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, descriptor, 0);
	if (shared == MAP_FAILED)
		return -errno;
	if (shared->layout != SHARED_LAYOUT) {
		munmap(shared, size);
		return -EPROTO;
	}
	*ret = shared;
	return 0;
}

void shared_unmap(struct shared *shared, size_t size)
{
	if (shared)
		munmap(shared, size);
}
