/*
 * Who owns the inodes, and whom the daemon works as: a user and a group that nobody else is. What
 * the owner's and the group's bits of a file allow is thus allowed to nobody; roles are entries of
 * their own.
 */
#pragma once

#include <sys/types.h>

#include "store/cleanup.h"

/* The number that serves where there is no such user: Debian keeps 65000-65533 for itself,
 * systemd's dynamic users end at 65519. */
enum { OWNER_UNNAMED = 65523 };

struct owner {
	uid_t uid;
	gid_t gid;
};

/* `user` names it; NULL: the user `credfs` if there is one, else a number from the range that the
 * distribution keeps free. -ENOENT no such user; -EEXIST the group has other members, or the number
 * is taken; -EPERM it is root. */
int owner_find(const char *user, struct owner *ret) MUST_CHECK;

/* "user NAME", or what serves in his place, in words. Asks the name service. */
enum { OWNER_TEXT_SIZE = 96 };
void owner_describe(uid_t uid, char ret[OWNER_TEXT_SIZE]);
