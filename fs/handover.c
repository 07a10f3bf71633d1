#include "fs/handover.h"

#include <fcntl.h>
#include <sys/mman.h>

enum {
	SIZE = IDENTITY_TEXT_MAX,
	SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL,
};

int handover_new(int *ret_descriptor)
{
	CLEANUP_CLOSE int descriptor =
		memfd_create("credfs-identity", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (descriptor < 0 || ftruncate(descriptor, SIZE) < 0)
		return -errno;
	*ret_descriptor = TAKE_FD(descriptor);
	return 0;
}

/* A page that one process has locked stays where it is for all who map or read it. */
int handover_keep(int descriptor)
{
	void *page = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, descriptor, 0);

	if (page == MAP_FAILED)
		return -errno;
	if (madvise(page, SIZE, MADV_DONTDUMP) < 0 || madvise(page, SIZE, MADV_DONTFORK) < 0 ||
	    mlock2(page, SIZE, 0) < 0) {
		munmap(page, SIZE);
		return -EPERM;
	}
	return 0;
}

/* The seals are put on last, and at once. */
bool handover_is_full(int descriptor)
{
	return fcntl(descriptor, F_GET_SEALS) == SEALS;
}

int handover_fill(int descriptor, const struct identity *identity)
{
	CLEANUP_SECRET struct secret *text = NULL;
	int r = identity_format(identity, &text);
	ssize_t size;

	if (r < 0)
		return r;
	size = (ssize_t)secret_size(text);
	if (pwrite(descriptor, secret_view(text), (size_t)size, 0) != size ||
	    ftruncate(descriptor, size) < 0 || fcntl(descriptor, F_ADD_SEALS, SEALS) < 0)
		return errno ? -errno : -EIO;
	return 0;
}
