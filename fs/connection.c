#include "fs/connection.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <string.h>
#include <sys/uio.h>

#include "fs/crash.h"

/* Keep it, instead of sending. */
static ssize_t keep(struct connection *connection, const struct iovec *parts, int count)
{
	size_t size = 0;

	for (int i = 0; i < count; i++) {
		if (parts[i].iov_len > SHARED_MESSAGE_MAX - size) {
			errno = EMSGSIZE;
			return -1;
		}
		memcpy(connection->answer.bytes + size, parts[i].iov_base, parts[i].iov_len);
		size += parts[i].iov_len;
	}
	connection->answer.size = (uint32_t)size;
	return (ssize_t)size;
}

static ssize_t send_parts(int device, struct iovec *parts, int count, void *context)
{
	struct connection *connection = context;
	const struct fuse_out_header *header = parts[0].iov_base;

	if (connection->beginning)
		return keep(connection, parts, count);
	/* What has no number is a notice of ours, perhaps from another thread. */
	if (header->unique && connection->answering) {
		connection->answering(connection->context, parts, count);
		crash_at("unanswered");
	}
	return writev(device, parts, count);
}

static ssize_t receive(int device, void *bytes, size_t size, void *context)
{
	(void)context;
	return read(device, bytes, size);
}

int connection_attach(struct connection *connection, struct fuse_session *fuse)
{
	static const struct fuse_custom_io io = {.writev = send_parts, .read = receive};

	/* The worker before may have died while it did not wait. */
	connection_set_waiting(connection, true);
	return fuse_session_custom_io(fuse, &io, connection->device);
}

void connection_set_waiting(struct connection *connection, bool waiting)
{
	/* The kernel looks at the flag that the open file has, whoever has it open. */
	(void)!fcntl(connection->device, F_SETFL, O_RDWR | (waiting ? 0 : O_NONBLOCK));
}

/* Offer to libfuse only what is in force: it may be a newer one than the first worker's. */
static void offer_what_is_in_force(uint8_t *request, const struct shared_message *answer)
{
	struct fuse_init_in *in = (void *)(request + sizeof(struct fuse_in_header));
	const struct fuse_init_out *out =
		(const void *)(answer->bytes + sizeof(struct fuse_out_header));

	in->flags &= out->flags | FUSE_INIT_EXT;
	in->flags2 &= out->flags2;
	if (in->max_readahead > out->max_readahead)
		in->max_readahead = out->max_readahead;
}

/* Whether a worker can go on with what is in force: the minor version is the library's own, and how
 * many requests the kernel keeps back is the kernel's affair. */
static bool is_same(const struct shared_message *a, const struct shared_message *b)
{
	struct shared_message left = *a, right = *b;
	struct shared_message *const both[] = {&left, &right};

	if (a->size != b->size ||
	    a->size < sizeof(struct fuse_out_header) + sizeof(struct fuse_init_out))
		return false;
	for (size_t i = 0; i < 2; i++) {
		struct fuse_init_out *out =
			(void *)(both[i]->bytes + sizeof(struct fuse_out_header));

		out->minor = 0;
		out->max_background = out->congestion_threshold = 0;
	}
	return memcmp(left.bytes, right.bytes, left.size) == 0;
}

static int answer_again(struct connection *connection)
{
	const struct shared_message *answer = &connection->shared->answer;

	/* No longer waited for: the kernel had it from the worker before. */
	if (write(connection->device, answer->bytes, answer->size) < 0 && errno != ENOENT)
		return -errno;
	connection->shared->answered = 1;
	return 0;
}

int connection_begin(struct connection *connection, struct fuse_session *fuse)
{
	struct shared *shared = connection->shared;
	uint8_t request[SHARED_MESSAGE_MAX];
	struct fuse_buf buffer = {.mem = request, .size = shared->init.size};

	if (buffer.size < sizeof(struct fuse_in_header) + sizeof(struct fuse_init_in) ||
	    buffer.size > sizeof request)
		return -EPROTO;
	memcpy(request, shared->init.bytes, buffer.size);
	if (shared->answer.size)
		offer_what_is_in_force(request, &shared->answer);
	connection->beginning = true;
	fuse_session_process_buf(fuse, &buffer);
	connection->beginning = false;
	if (!shared->answer.size) {
		memcpy(shared->answer.bytes, connection->answer.bytes, SHARED_MESSAGE_MAX);
		shared->answer.size = connection->answer.size;
	} else if (!is_same(&shared->answer, &connection->answer)) {
		return -EPROTO;
	}
	return shared->answer.size ? answer_again(connection) : -EPROTO;
}

void connection_answer(struct connection *connection, uint64_t unique,
		       const struct shared_message *answer)
{
	_Alignas(struct fuse_out_header) uint8_t bytes[SHARED_MESSAGE_MAX];
	struct fuse_out_header *header = (void *)bytes;

	if (answer->size < sizeof *header)
		return;
	memcpy(bytes, answer->bytes, answer->size);
	header->unique = unique;
	/* Who asked may have been killed: then there is nobody to tell. */
	(void)!write(connection->device, bytes, answer->size);
}

void connection_refuse(struct connection *connection, uint64_t unique, int error)
{
	const struct fuse_out_header header = {
		.len = sizeof header, .error = error, .unique = unique};

	(void)!write(connection->device, &header, sizeof header);
}

void connection_wake(void *context, uint64_t poll)
{
	const struct connection *connection = context;
	const struct {
		struct fuse_out_header header;
		struct fuse_notify_poll_wakeup_out wakeup;
	} notice = {{.len = sizeof notice, .error = FUSE_NOTIFY_POLL}, {.kh = poll}};

	(void)!write(connection->device, &notice, sizeof notice);
}
