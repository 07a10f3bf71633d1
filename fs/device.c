#include "fs/device.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>

/* Newer than the headers: the code of the notice, and the kernel's word that it takes it (bit 39 of
 * the flags, bit 7 of their second half). */
enum { NOTIFY_RESEND = 7, HAS_RESEND = 1 << 7 };

/* The kernel reads a request into a buffer of at least this size. */
enum { ROOM = 8192 };

int device_open(int *ret)
{
	const int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (device < 0)
		return -errno;
	*ret = device;
	return 0;
}

static const struct fuse_init_in *init_of(const void *bytes, size_t size)
{
	const struct fuse_in_header *header = bytes;

	if (size < sizeof *header + offsetof(struct fuse_init_in, flags2) ||
	    size > SHARED_MESSAGE_MAX || header->opcode != FUSE_INIT || header->len != size)
		return NULL;
	return (const struct fuse_init_in *)(header + 1);
}

int device_begin(int device, struct shared_message *ret)
{
	_Alignas(uint64_t) uint8_t bytes[ROOM] = {0};
	ssize_t size;

	do
		size = read(device, bytes, sizeof bytes);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return -errno;
	if (!init_of(bytes, (size_t)size))
		return -EPROTO;
	__builtin_memcpy(ret->bytes, bytes, (size_t)size);
	ret->size = (uint32_t)size;
	return 0;
}

bool device_can_resend(const struct shared_message *init)
{
	const struct fuse_init_in *in = init_of(init->bytes, init->size);

	return in && init->size >= sizeof(struct fuse_in_header) + sizeof *in &&
	       in->flags & FUSE_INIT_EXT && in->flags2 & HAS_RESEND;
}

int device_resend(int device)
{
	const struct fuse_out_header notice = {.len = sizeof notice, .error = NOTIFY_RESEND};

	return write(device, &notice, sizeof notice) < 0 ? -errno : 0;
}

bool device_is_gone(int device)
{
	struct pollfd poll_device = {.fd = device};

	return poll(&poll_device, 1, 0) > 0 && poll_device.revents & (POLLERR | POLLNVAL);
}
