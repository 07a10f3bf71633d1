#include "fs/waiters.h"

#include <sys/queue.h>

struct waiter {
	LIST_ENTRY(waiter) next;
	uint64_t handle;
	uint64_t inode;
	struct fuse_pollhandle *poll;
};

struct waiters {
	LIST_HEAD(, waiter) list;
	void (*wake)(struct fuse_pollhandle *poll);
	void (*drop)(struct fuse_pollhandle *poll);
};

int waiters_new(void (*wake)(struct fuse_pollhandle *poll),
		void (*drop)(struct fuse_pollhandle *poll), struct waiters **ret)
{
	struct waiters *waiters = calloc(1, sizeof *waiters);

	if (!waiters)
		return -ENOMEM;
	LIST_INIT(&waiters->list);
	waiters->wake = wake;
	waiters->drop = drop;
	*ret = waiters;
	return 0;
}

static void end(struct waiter *waiter, void (*last)(struct fuse_pollhandle *poll))
{
	LIST_REMOVE(waiter, next);
	last(waiter->poll);
	free(waiter);
}

struct waiters *waiters_free(struct waiters *waiters)
{
	struct waiter *waiter;

	if (!waiters)
		return NULL;
	while ((waiter = LIST_FIRST(&waiters->list)))
		end(waiter, waiters->drop);
	free(waiters);
	return NULL;
}

int waiters_put(struct waiters *waiters, uint64_t handle, uint64_t inode,
		struct fuse_pollhandle *poll)
{
	struct waiter *waiter;

	waiters_drop(waiters, handle);
	waiter = calloc(1, sizeof *waiter);
	if (!waiter) {
		waiters->drop(poll);
		return -ENOMEM;
	}
	waiter->handle = handle;
	waiter->inode = inode;
	waiter->poll = poll;
	LIST_INSERT_HEAD(&waiters->list, waiter, next);
	return 0;
}

void waiters_wake(struct waiters *waiters, uint64_t inode)
{
	struct waiter *next;

	for (struct waiter *waiter = LIST_FIRST(&waiters->list); waiter; waiter = next) {
		next = LIST_NEXT(waiter, next);
		if (waiter->inode == inode)
			end(waiter, waiters->wake);
	}
}

void waiters_drop(struct waiters *waiters, uint64_t handle)
{
	struct waiter *next;

	for (struct waiter *waiter = LIST_FIRST(&waiters->list); waiter; waiter = next) {
		next = LIST_NEXT(waiter, next);
		if (waiter->handle == handle)
			end(waiter, waiters->drop);
	}
}
