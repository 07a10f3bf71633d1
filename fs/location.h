/*
 * Locations: what an argument of a command names in a mounted credfs. It is a path in the mount
 * (/creds/orgs/acme, or relative to where the caller is), or a name as `credfs list` shows it,
 * which is looked for below every mount (acme, acme/openai, orgs/acme/openai). As the caller, with
 * his rights. One thread.
 */
#pragma once

#include "fs/exit.h"
#include "store/cleanup.h"

struct location {
	char *mount; /* where the credfs is mounted */
	char *path;  /* below it, without a slash at either end: orgs/acme/openai; "": all of it */
};

void location_done(struct location *location);
#define CLEANUP_LOCATION CLEANUP(location_done)

/* A symbolic link at the end stays the link, whether or not it leads anywhere. -ENOENT when there
 * is nothing of that name; -ENOTUNIQ when several mounts have it; -ENODEV without a mount;
 * -ETIMEDOUT, -ENOTCONN when the daemon says nothing; other -errno. */
int location_find(const char *argument, struct location *ret) MUST_CHECK;

/* Say on stderr why it was not found. */
enum exit_code location_fail(const char *argument, int error);

/* The path that the operating system knows. The caller frees; NULL without memory. */
char *location_full(const char *mount, const char *path);

/* What comes behind the organisation: of orgs/acme/openai, openai; "" for the organisation itself,
 * NULL outside of organisations. Borrowed. */
const char *location_in_org(const char *path);

/* What is left of `path` below `directory`, without slashes at its ends; NULL when it is not there.
 * Both absolute. Borrowed; "" for the directory itself. */
const char *location_below(const char *directory, const char *path);
