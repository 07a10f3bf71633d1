#include "fs/owner.h"

#include <grp.h>
#include <pwd.h>

/* Debian keeps 65000-65533 for itself, systemd's dynamic users end at 65519. */
enum { UNUSED_ID = 65523 };

static int check_group(gid_t gid)
{
	const struct group *group = getgrgid(gid);

	return group && group->gr_mem[0] ? -EEXIST : 0;
}

int owner_find(const char *user, struct owner *ret)
{
	const struct passwd *entry = getpwnam(user ? user : "credfs");

	if (entry) {
		if (entry->pw_uid == 0 || entry->pw_gid == 0)
			return -EPERM;
		*ret = (struct owner){entry->pw_uid, entry->pw_gid};
		return check_group(entry->pw_gid);
	}
	if (user)
		return -ENOENT;
	if (getpwuid(UNUSED_ID) || getgrgid(UNUSED_ID))
		return -EEXIST;
	*ret = (struct owner){UNUSED_ID, UNUSED_ID};
	return 0;
}
