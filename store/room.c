#include "store/room.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <string.h>

/* What says that there is no room, or never will be; anything else is this test's own trouble. */
static bool is_about_room(int error)
{
	return error == ENOSPC || error == EROFS;
}

int room_check(const char *path)
{
	CLEANUP_FREE char *copy = strdup(path);
	CLEANUP_CLOSE int fd = -1;

	if (!copy)
		return -ENOMEM;
	/* Without a name: there is nothing to be left behind. */
	fd = open(dirname(copy), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
	if (fd >= 0 && fallocate(fd, 0, 0, ROOM_SIZE) == 0)
		return 0;
	if (errno == EDQUOT)
		return -ENOSPC;
	return is_about_room(errno) ? -errno : 0;
}
