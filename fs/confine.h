/*
 * Confinement: what a worker closes off from itself before there is a secret in it: the files of
 * the host (landlock.h) and most of the kernel (filter.h). Its privileges are gone by then
 * (privileges.h). What the kernel does not have is left out, and said.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "conf/settings.h"

struct confinement {
	int landlock;  /* version of the kernel's; 0: it has none */
	bool filtered; /* system calls are */
};

/* For good; before any thread is started. -errno when the kernel refuses what it has. */
int confine_worker(const struct settings *settings, struct confinement *ret) MUST_CHECK;

/* In words, for `.status`, with whom it works as; the caller frees. NULL without memory. */
char *confinement_describe(const struct confinement *confinement, uid_t uid);
