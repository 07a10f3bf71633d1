/*
 * Who has just walked through which link of a project, and through which of a connection's: the
 * kernel asks for a link's target on each walk and then opens what lies behind it, without saying
 * how it came there. The audit log names a value by the path that was taken. One thread at a time.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "fs/node.h"

enum { VIAS = 256 };

/* A way to an account or a connection; of a link of no organisation: none. */
struct way {
	struct node link;
	struct node
		before; /* the project's link to the connection in which that one lies; or none */
};
#define NO_WAY                        \
	{                             \
		{.pin = NO_PIN},      \
		{                     \
			.pin = NO_PIN \
		}                     \
	}

struct via {
	pid_t pid; /* 0: vacant */
	struct way way;
	struct record_id account; /* or connection, or association, that it leads to */
	uint64_t time;		  /* ns, monotonic */
};

struct vias {
	struct via list[VIAS]; /* by the last bits of the number */
};

void vias_put(struct vias *vias, const struct via *via);

/* The way by which a process comes to this, perhaps on its way further; false when by none. */
bool vias_look(struct vias *vias, pid_t pid, struct record_id account, uint64_t now,
	       struct way *ret);

/* The way by which a process came to this, once; false when it came by none. */
bool vias_take(struct vias *vias, pid_t pid, struct record_id account, uint64_t now,
	       struct way *ret);
