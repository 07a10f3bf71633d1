#include "fs/users.h"

#include <pwd.h>
#include <stdbool.h>
#include <string.h>

enum { USERS = 256, NAME_SIZE = 64, BUFFER_SIZE = 16384 };

static const uint64_t fresh_ns = UINT64_C(60000000000);

struct user {
	uid_t uid;
	uint64_t asked; /* ns, monotonic; 0: never */
	char name[NAME_SIZE];
};

struct users {
	struct user list[USERS]; /* by the last bits of the number */
};

int users_new(struct users **ret)
{
	*ret = calloc(1, sizeof **ret);
	return *ret ? 0 : -ENOMEM;
}

struct users *users_free(struct users *users)
{
	free(users);
	return NULL;
}

/* A name service that fails has not said that there is no name. */
static void ask(struct user *user, uid_t uid, uint64_t now)
{
	char buffer[BUFFER_SIZE];
	struct passwd entry, *found = NULL;
	const int error = getpwuid_r(uid, &entry, buffer, sizeof buffer, &found);
	const bool same = user->asked && user->uid == uid;

	if (!same || found || !error)
		snprintf(user->name, sizeof user->name, "%s", found ? found->pw_name : "");
	user->uid = uid;
	user->asked = now;
}

const char *users_name(struct users *users, uid_t uid, uint64_t now)
{
	struct user *user = &users->list[uid % USERS];

	if (!user->asked || user->uid != uid || now - user->asked > fresh_ns)
		ask(user, uid, now);
	return *user->name ? user->name : NULL;
}
