#include "fs/owner.h"

#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>

/* The group database does not list those whose primary group it is. */
static bool is_primary_of_another(gid_t gid, uid_t owner)
{
	const struct passwd *entry;
	bool found = false;

	setpwent();
	while (!found && (entry = getpwent()))
		found = entry->pw_gid == gid && entry->pw_uid != owner;
	endpwent();
	return found;
}

static int take(struct owner owner, struct owner *ret)
{
	const struct group *group = getgrgid(owner.gid);

	if ((group && group->gr_mem[0]) || is_primary_of_another(owner.gid, owner.uid))
		return -EEXIST;
	*ret = owner;
	return 0;
}

int owner_find(const char *user, struct owner *ret)
{
	const struct passwd *entry = getpwnam(user ? user : "credfs");

	if (entry) {
		if (entry->pw_uid == 0 || entry->pw_gid == 0)
			return -EPERM;
		return take((struct owner){entry->pw_uid, entry->pw_gid}, ret);
	}
	if (user)
		return -ENOENT;
	if (getpwuid(OWNER_UNNAMED) || getgrgid(OWNER_UNNAMED))
		return -EEXIST;
	return take((struct owner){OWNER_UNNAMED, OWNER_UNNAMED}, ret);
}

void owner_describe(uid_t uid, char ret[OWNER_TEXT_SIZE])
{
	const struct passwd *entry = getpwuid(uid);

	if (entry)
		snprintf(ret, OWNER_TEXT_SIZE, "user %s", entry->pw_name);
	else
		snprintf(ret, OWNER_TEXT_SIZE, "number %u, for there is no user credfs",
			 (unsigned)uid);
}
