/*
 * The time of day, as records and entries carry it: nanoseconds since 1970, UTC. Any thread.
 */
#pragma once

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
