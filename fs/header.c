#include "fs/header.h"

static const uint64_t resent_bit = UINT64_C(1) << 63;

uint64_t header_number(const struct fuse_in_header *header)
{
	return header->unique & ~resent_bit;
}

bool header_is_resent(const struct fuse_in_header *header)
{
	return header->unique & resent_bit;
}

/* Reads that a process makes name it as the owner of locks, those that fill the page cache do not:
 * the one sign by which they differ. */
bool header_is_cached_read(const struct fuse_in_header *header)
{
	const struct fuse_read_in *read = (const struct fuse_read_in *)(header + 1);

	return header->opcode == FUSE_READ && header->len >= sizeof *header + sizeof *read &&
	       !(read->read_flags & FUSE_READ_LOCKOWNER);
}

uint64_t header_poll(const struct fuse_in_header *header)
{
	const struct fuse_poll_in *poll = (const struct fuse_poll_in *)(header + 1);

	if (header->opcode != FUSE_POLL || header->len < sizeof *header + sizeof *poll ||
	    !(poll->flags & FUSE_POLL_SCHEDULE_NOTIFY))
		return 0;
	return poll->kh;
}

bool header_is_plain(const struct fuse_in_header *header)
{
	switch (header->opcode) {
	case FUSE_READ:
	case FUSE_READLINK:
	case FUSE_READDIR:
	case FUSE_READDIRPLUS:
		return true;
	default:
		return false;
	}
}
