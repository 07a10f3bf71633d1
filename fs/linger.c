#include "fs/linger.h"

#include <poll.h>
#include <sched.h>
#include <stdbool.h>

#include "fs/tree.h"

/* Of a program that reads one file after another the next request comes within 10 to 20
 * microseconds; one that was slept for is heard of 40 to 80 later on a virtual machine. */
enum { AWAKE_NS = 60000, PAUSE_NS = 1000000, RESTS = 16 };

static bool look(int device, uint64_t end)
{
	struct pollfd poll_device = {.fd = device, .events = POLLIN};

	do {
		if (poll(&poll_device, 1, 0) != 0)
			return true;
		sched_yield();
	} while (tree_monotonic() < end);
	return false;
}

void linger_await(struct linger *linger, int device)
{
	linger->since = tree_monotonic();
	if (linger->rest)
		linger->rest--;
	else if (!look(device, linger->since + AWAKE_NS))
		linger->rest = RESTS;
}

void linger_end(struct linger *linger, uint64_t now)
{
	if (now - linger->since > PAUSE_NS)
		linger->rest = 0;
}
