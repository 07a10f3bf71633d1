#include "fs/crash.h"

#ifdef CREDFS_CRASH_POINTS
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct order {
	char point[64];
	char second[64]; /* how often it is passed before; of `without`: which part */
	int signal;
};

/* Where the orders are read, which a worker opens before it is confined. */
static int orders(void)
{
	static int descriptor = -1;
	const char *path = getenv("CREDFS_CRASH_FILE");

	if (path && descriptor < 0)
		descriptor = open(path, O_RDONLY | O_CLOEXEC);
	return descriptor;
}

void crash_prepare(void)
{
	(void)orders();
}

/* The first order for a point. */
static bool find_order(const char *point, struct order *ret)
{
	char text[512] = "";
	char *rest = NULL;
	const int descriptor = orders();

	if (descriptor < 0 || pread(descriptor, text, sizeof text - 1, 0) < 0)
		return false;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		*ret = (struct order){.second = "1", .signal = SIGKILL};
		if (sscanf(line, "%63s %63s %d", ret->point, ret->second, &ret->signal) >= 1 &&
		    strcmp(ret->point, point) == 0)
			return true;
	}
	return false;
}

void crash_at(const char *point)
{
	/* The one count there is: it ends with the process. */
	static _Atomic unsigned passed;
	struct order order;

	if (!find_order(point, &order) || ++passed < strtoul(order.second, NULL, 10))
		return;
	signal(order.signal, SIG_DFL);
	raise(order.signal);
}

bool crash_without(const char *part)
{
	struct order order;

	return find_order("without", &order) && strcmp(order.second, part) == 0;
}
#endif
