/*
 * Who has just walked through which link of a project: the kernel asks for a link's target on each
 * walk and then opens what lies behind it, without saying how it came there. The audit log names a
 * value by the path that was taken. One thread at a time.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "fs/node.h"

enum { VIAS = 256 };

struct via {
	pid_t pid; /* 0: vacant */
	struct node link;
	struct record_id account; /* that it leads to */
	uint64_t time;		  /* ns, monotonic */
};

struct vias {
	struct via list[VIAS]; /* by the last bits of the number */
};

void vias_put(struct vias *vias, const struct via *via);

/* The link by which a process came to an account, once; false when it came by none. */
bool vias_take(struct vias *vias, pid_t pid, struct record_id account, uint64_t now,
	       struct node *ret);
