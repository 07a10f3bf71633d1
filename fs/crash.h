/*
 * Marked points at which a worker can be made to die, and parts of what keeps the mount alive that
 * can be left out: for tests, and only in a build with the option crash_points.
 *
 * The file that CREDFS_CRASH_FILE names says what, a line each: `POINT N SIGNAL`, the N-th time
 * that a worker comes to the point, or `without PART`. It is opened once, and written in place.
 */
#pragma once

#include <stdbool.h>

#ifdef CREDFS_CRASH_POINTS
void crash_prepare(void);
void crash_at(const char *point);
bool crash_without(const char *part);
#else
static inline void crash_prepare(void)
{
}

static inline void crash_at(const char *point)
{
	(void)point;
}

static inline bool crash_without(const char *part)
{
	(void)part;
	return false;
}
#endif
