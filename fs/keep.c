#include "fs/keep.h"

#include <fcntl.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "fs/log.h"

static const char *const names[] = {
	[KEEP_DEVICE] = "device",
	[KEEP_STATE] = "state",
	[KEEP_FENCE] = "fence",
};
_Static_assert(sizeof names / sizeof names[0] == KEEP_COUNT, "one for each");

static int find(const char *name)
{
	for (int i = 0; i < KEEP_COUNT; i++) {
		if (strcmp(names[i], name) == 0)
			return i;
	}
	return -1;
}

static bool is_kept(const struct keep *keep, int descriptor)
{
	for (size_t i = 0; i < KEEP_COUNT; i++) {
		if (keep->descriptors[i] == descriptor)
			return true;
	}
	return false;
}

/* What is kept lies below `end`. */
static void close_others(const struct keep *keep, int end)
{
	for (int fd = STDERR_FILENO + 1; fd < end; fd++) {
		if (!is_kept(keep, fd))
			close(fd);
	}
	(void)close_range((unsigned)end, ~0u, 0);
}

void keep_take(struct keep *ret)
{
	char **found = NULL;
	const int count = sd_listen_fds_with_names(1, &found);

	*ret = NO_KEEP;
	for (int i = 0; i < count; i++) {
		const int what = find(found[i]);

		if (what >= 0 && ret->descriptors[what] < 0 &&
		    fcntl(SD_LISTEN_FDS_START + i, F_SETFD, FD_CLOEXEC) == 0)
			ret->descriptors[what] = SD_LISTEN_FDS_START + i;
		free(found[i]);
	}
	free(found);
	close_others(ret, SD_LISTEN_FDS_START + (count > 0 ? count : 0));
}

bool keep_is_whole(const struct keep *keep)
{
	return !is_kept(keep, -1);
}

void keep_put(const struct keep *keep)
{
	for (size_t i = 0; i < KEEP_COUNT; i++) {
		char text[64];
		int r;

		/* Who watched the device would be woken by every request. */
		snprintf(text, sizeof text, "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", names[i]);
		r = sd_pid_notify_with_fds(0, 0, text, &keep->descriptors[i], 1);
		if (r < 0)
			log_line(LOG_WARNING, "%s is not kept: %s", names[i], strerror(-r));
	}
}

void keep_drop(void)
{
	for (size_t i = 0; i < KEEP_COUNT; i++) {
		char text[64];

		snprintf(text, sizeof text, "FDSTOREREMOVE=1\nFDNAME=%s", names[i]);
		(void)sd_notify(0, text);
	}
}

void keep_say_ready(void)
{
	(void)sd_notify(0, "READY=1");
}

void keep_done(struct keep *keep)
{
	for (size_t i = 0; i < KEEP_COUNT; i++)
		cleanup_close(&keep->descriptors[i]);
	*keep = NO_KEEP;
}
