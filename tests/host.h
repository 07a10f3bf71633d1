/*
 * A host whose clock a test can put forward and whose databases of users and groups it can change:
 * what is linked with the test asks here. The state is in the environment, because no variable of
 * a file holds any.
 */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static inline long host_number(const char *name)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : 0;
}

static inline void host_set(const char *name, long number)
{
	char text[24];

	snprintf(text, sizeof text, "%ld", number);
	setenv(name, text, 1);
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	const int r = (int)syscall(SYS_clock_gettime, clock, ret);

	ret->tv_sec += host_number("TEST_CLOCK_FORWARD");
	return r;
}

/* The real databases may change at any time, when a user is added while tests run. */
int stat(const char *path, struct stat *ret)
{
	const bool passwd = strcmp(path, "/etc/passwd") == 0;

	if (!passwd && strcmp(path, "/etc/group") != 0)
		return fstatat(AT_FDCWD, path, ret, 0);
	*ret = (struct stat){.st_ino = 1};
	ret->st_ctim.tv_nsec = host_number(passwd ? "TEST_PASSWD" : "TEST_GROUP");
	return 0;
}

/* So many seconds in all. */
static inline void host_clock_forward(long seconds)
{
	host_set("TEST_CLOCK_FORWARD", seconds);
}

/* The file looks as if it had been written for the n-th time. */
static inline void host_passwd_written(long n)
{
	host_set("TEST_PASSWD", n);
}

static inline void host_group_written(long n)
{
	host_set("TEST_GROUP", n);
}
