#include "fs/announcer.h"

#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "fs/log.h"
#include "fs/toucher.h"

struct waiting {
	STAILQ_ENTRY(waiting) next;
	size_t size;
	struct toucher_order order; /* as much of it as is sent */
};

struct announcer {
	int teller; /* -1: nobody is told */
	STAILQ_HEAD(, waiting) list;
	size_t count;
};

int announcer_new(int teller, struct announcer **ret)
{
	struct announcer *announcer = calloc(1, sizeof *announcer);

	if (!announcer) {
		cleanup_close(&teller);
		return -ENOMEM;
	}
	announcer->teller = teller;
	STAILQ_INIT(&announcer->list);
	*ret = announcer;
	return 0;
}

static void drop_first(struct announcer *announcer)
{
	struct waiting *first = STAILQ_FIRST(&announcer->list);

	STAILQ_REMOVE_HEAD(&announcer->list, next);
	announcer->count--;
	free(first);
}

struct announcer *announcer_free(struct announcer *announcer)
{
	if (!announcer)
		return NULL;
	while (announcer->count)
		drop_first(announcer);
	cleanup_close(&announcer->teller);
	free(announcer);
	return NULL;
}

static bool is_waiting(const struct announcer *announcer, uint64_t inode)
{
	const struct waiting *waiting;

	STAILQ_FOREACH(waiting, &announcer->list, next)
	{
		if (waiting->order.inode == inode)
			return true;
	}
	return false;
}

static void give_up(struct announcer *announcer)
{
	log_line(LOG_WARNING, "who watches files is no longer told what others change: %s",
		 strerror(errno));
	cleanup_close(&announcer->teller);
	announcer->teller = -1;
	while (announcer->count)
		drop_first(announcer);
}

size_t announcer_tend(struct announcer *announcer)
{
	while (announcer->count) {
		const struct waiting *first = STAILQ_FIRST(&announcer->list);

		if (send(announcer->teller, &first->order, first->size, MSG_NOSIGNAL) < 0) {
			if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
				give_up(announcer);
			break;
		}
		drop_first(announcer);
	}
	return announcer->count;
}

void announcer_put(struct announcer *announcer, uint64_t inode, const char *path)
{
	const size_t length = strlen(path) + 1;
	const size_t before = offsetof(struct toucher_order, path);
	struct waiting *waiting;

	if (announcer->teller < 0 || length > TOUCHER_PATH_MAX || is_waiting(announcer, inode) ||
	    announcer->count == ANNOUNCER_WAITING)
		return;
	waiting = malloc(sizeof *waiting);
	if (!waiting)
		return;
	waiting->order.inode = inode;
	memcpy(waiting->order.path, path, length);
	waiting->size = before + length;
	STAILQ_INSERT_TAIL(&announcer->list, waiting, next);
	announcer->count++;
	(void)announcer_tend(announcer);
}
