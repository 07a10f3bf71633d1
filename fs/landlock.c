/*
 * What a kernel knows of it is a version, which says how many kinds of access can be forbidden:
 * what is not named is allowed, so that each version's are named as far as it has them. Numbers and
 * structures are the kernel's and may be newer than the headers that are installed.
 */
#include "fs/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define ACCESS_TRUNCATE (UINT64_C(1) << 14)	/* from version 3 */
#define ACCESS_IOCTL_DEVICE (UINT64_C(1) << 15) /* from version 5 */
#define ACCESS_TCP (UINT64_C(1) | UINT64_C(2))	/* bind, connect: from version 4 */
#define SCOPE_SIGNAL (UINT64_C(1) << 1)		/* to processes outside: from version 6 */
#define ACCESS_OF_FIRST (LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1) /* all of version 1 */

static const uint64_t uses[] = {
	[LANDLOCK_READ] = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
	[LANDLOCK_KEEP] = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
			  LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |
			  LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_DIR |
			  LANDLOCK_ACCESS_FS_MAKE_REG | ACCESS_TRUNCATE,
	[LANDLOCK_WRITE] = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE,
};
_Static_assert(sizeof uses / sizeof uses[0] == LANDLOCK_USES, "one for each");

/* Each kind of access that is forbidden where no rule allows it, and since when it can be. */
struct ruleset {
	uint64_t files;
	uint64_t network;
	uint64_t scopes;
};

static const struct ruleset versions[] = {
	[1] = {.files = ACCESS_OF_FIRST},     [2] = {.files = LANDLOCK_ACCESS_FS_REFER},
	[3] = {.files = ACCESS_TRUNCATE},     [4] = {.network = ACCESS_TCP},
	[5] = {.files = ACCESS_IOCTL_DEVICE}, [6] = {.scopes = SCOPE_SIGNAL},
};
enum { VERSIONS = sizeof versions / sizeof versions[0] };

static struct ruleset known_to(int version)
{
	struct ruleset all = {0};

	for (int i = 1; i < VERSIONS && i <= version; i++) {
		all.files |= versions[i].files;
		all.network |= versions[i].network;
		all.scopes |= versions[i].scopes;
	}
	return all;
}

/* An older kernel takes a shorter structure; of a longer one it takes what is all zeros. */
static int make(const struct ruleset *ruleset)
{
	const int fd = (int)syscall(SYS_landlock_create_ruleset, ruleset, sizeof *ruleset, 0);

	return fd < 0 ? -errno : fd;
}

static int allow(int fd, const struct ruleset *ruleset, const struct landlock_place *place)
{
	CLEANUP_CLOSE int directory = open(place->path, O_PATH | O_CLOEXEC);
	const struct landlock_path_beneath_attr rule = {
		.allowed_access = uses[place->use] & ruleset->files,
		.parent_fd = directory,
	};

	if (directory < 0)
		return errno == ENOENT || errno == EACCES ? 0 : -errno;
	return syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0 ? -errno
											    : 0;
}

/* The kernel's own is 0 when it has been switched off. */
static int find_version(void)
{
	const long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return version < 0 ? 0 : (int)version;
}

int landlock_restrict(const struct landlock_place *places, size_t count, int *ret_version)
{
	const int version = find_version();
	const struct ruleset ruleset = known_to(version);
	CLEANUP_CLOSE int fd = -1;
	int r = 0;

	*ret_version = 0;
	if (!version)
		return 0;
	fd = make(&ruleset);
	if (fd < 0)
		return fd;
	for (size_t i = 0; i < count && r == 0; i++)
		r = allow(fd, &ruleset, &places[i]);
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		return -errno;
	*ret_version = version;
	return 0;
}
