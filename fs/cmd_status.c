#include <argp.h>
#include <fcntl.h>
#include <string.h>

#include "fs/command.h"
#include "fs/mountpoint.h"

static const struct argp argp = {
	.doc = "Show where credfs is mounted, and how each daemon is: `key: value` lines. Ends "
	       "with "
	       "1 when one of them does not answer.",
};

static int copy(int from)
{
	char buffer[4096];
	ssize_t length;

	while ((length = read(from, buffer, sizeof buffer)) > 0)
		fwrite(buffer, 1, (size_t)length, stdout);
	return length < 0 ? -errno : 0;
}

struct status {
	unsigned mounts;
	unsigned silent; /* of which no answer could be had */
};

static int show(void *context, const char *path)
{
	CLEANUP_FREE char *file = NULL;
	CLEANUP_CLOSE int fd = -1;
	struct status *status = context;
	int r;

	printf("%smount: %s\n", status->mounts++ ? "\n" : "", path);
	if (asprintf(&file, "%s/.status", path) < 0) {
		file = NULL;
		return -ENOMEM;
	}
	r = mountpoint_answers(path);
	if (r == 0)
		fd = open(file, O_RDONLY | O_CLOEXEC);
	if (r == 0)
		r = fd < 0 ? -errno : copy(fd);
	status->silent += r < 0 && r != -EACCES;
	if (r == -ENOTCONN)
		puts("state: its daemon is gone; mounting again recovers it");
	else if (r == -ETIMEDOUT)
		puts("state: its daemon does not answer");
	else if (r == -EACCES)
		puts("state: answering; root may see more");
	else if (r < 0)
		printf("state: %s\n", strerror(-r));
	return 0;
}

enum exit_code cmd_status(const char *configuration, int count, char **arguments)
{
	enum exit_code code;
	struct status status = {0};
	int r;

	argp_parse(&argp, count, arguments, 0, NULL, NULL);
	code = command_named_settings(configuration);
	if (code != EXIT_DONE)
		return code;
	r = mountpoint_each(show, &status);
	if (r < 0)
		return command_fail(EXIT_OTHER, "cannot read the list of mounts: %s", strerror(-r));
	if (!status.mounts)
		puts("not mounted");
	return status.silent ? EXIT_OTHER : EXIT_DONE;
}
