#include "fs/event.h"

#include <limits.h>

#include "fs/shared.h"
#include "store/secret.h"

/* A sealed tail has so much beside its bytes. */
enum { SEAL_MIN = 40 };

struct shape {
	size_t size;	 /* of what is fixed */
	size_t unit;	 /* the tail is of so many bytes each; 0: none */
	size_t tail_min; /* bytes */
	size_t tail_max;
};

static const struct shape shapes[EVENT_KINDS] = {
	[EVENT_INODE] = {.size = sizeof(struct event_inode)},
	[EVENT_HANDLE] = {sizeof(struct event_handle), sizeof(gid_t), 0, 65536 * sizeof(gid_t)},
	[EVENT_HANDLE_BYTES] = {sizeof(struct event_handle_bytes), 1, SEAL_MIN,
				SECRET_MAX + SEAL_MIN},
	[EVENT_HANDLE_GONE] = {.size = sizeof(struct event_number)},
	[EVENT_SCRATCH] = {sizeof(struct event_scratch), 1, 1, NAME_MAX},
	[EVENT_SCRATCH_BYTES] = {sizeof(struct event_scratch_bytes), 1, SEAL_MIN,
				 SECRET_MAX + SEAL_MIN},
	[EVENT_SCRATCH_GONE] = {.size = sizeof(struct event_id)},
	[EVENT_PENDINGS] = {.size = sizeof(struct event_number)},
	[EVENT_PENDING] = {sizeof(struct event_pending), 1, 1, NAME_MAX},
	[EVENT_TOMBSTONE] = {.size = sizeof(struct event_tombstone)},
	[EVENT_VACANCY] = {.size = sizeof(struct event_vacancy)},
	[EVENT_ORG] = {.size = sizeof(struct event_org)},
	[EVENT_FORGET] = {sizeof(struct event_forget), 1, 0, NAME_MAX},
	[EVENT_INTENT] = {.size = sizeof(struct event_intent)},
	[EVENT_ANSWER] = {sizeof(struct event_answer), 1, 16, SHARED_MESSAGE_MAX},
};

/* What the tail of a handle must be, it says itself. */
static bool tail_fits(unsigned kind, const void *bytes, size_t tail)
{
	struct event_handle handle;

	if (kind != EVENT_HANDLE)
		return true;
	memcpy(&handle, bytes, sizeof handle);
	return handle.groups == tail / sizeof(gid_t);
}

bool event_is_whole(unsigned kind, const void *bytes, size_t size)
{
	const struct shape *shape = kind < EVENT_KINDS ? &shapes[kind] : NULL;
	size_t tail;

	if (!shape || !shape->size || size < shape->size)
		return false;
	tail = size - shape->size;
	if (!shape->unit)
		return tail == 0;
	return tail % shape->unit == 0 && tail >= shape->tail_min && tail <= shape->tail_max &&
	       tail_fits(kind, bytes, tail);
}

struct event_node event_node_of(const struct node *node)
{
	return (struct event_node){(uint64_t)node->kind, node->pin, node->id, node->number};
}

int event_node_get(const struct event_node *event, struct node *ret)
{
	if (event->kind >= NODE_KINDS)
		return -EBADMSG;
	*ret = (struct node){(enum node_kind)event->kind, event->pin, event->id, event->number};
	return 0;
}
