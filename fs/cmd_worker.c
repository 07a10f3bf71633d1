/*
 * What the supervisor runs (worker.h); of no use to anybody else.
 */
#include <argp.h>
#include <fcntl.h>
#include <string.h>

#include "fs/command.h"
#include "fs/daemon.h"
#include "fs/worker.h"

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct daemon_options *options = state->input;

	switch (key) {
	case 'b':
		options->background = true;
		return 0;
	case 'u':
		options->upgrade = true;
		return 0;
	case 'p':
		options->providers = argument;
		return 0;
	default:
		return command_argument(key, argument, state, &options->path);
	}
}

static const struct argp_option argp_options[] = {
	{"background", 'b', NULL, 0, "Log to syslog once ready", 0},
	{"upgrade", 'u', NULL, 0, "Open the store only when it is this worker's turn", 0},
	{"providers", 'p', "DIRECTORY", 0, "Its files are those that were handed over", 0},
	{0},
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "DIR",
	.doc = "Serve the mount at DIR. Only the supervisor of a mount runs this.",
};

static bool is_handed_over(void)
{
	for (int fd = WORKER_CONTROL; fd < WORKER_DESCRIPTORS_END; fd++) {
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			return false;
	}
	return true;
}

enum exit_code cmd_worker(const char *configuration, int count, char **arguments)
{
	CLEANUP(settings_freep) struct settings *settings = NULL;
	struct daemon_options options = {0};
	enum exit_code code;

	code = command_parse(&argp, 0, count, arguments, &options);
	if (code != EXIT_DONE)
		return code;
	if (!is_handed_over())
		return command_fail(EXIT_USAGE,
				    "only a supervisor runs a worker: use credfs mount");
	code = command_settings(configuration, &settings);
	if (code != EXIT_DONE)
		return code;
	/* The spare, of which the providers are still to be read. */
	if (close_range(options.providers ? WORKER_PROVIDERS + 1 : WORKER_SPARE, ~0u, 0) < 0)
		return command_fail(EXIT_OTHER, "cannot close what is not needed: %s",
				    strerror(errno));
	options.settings = settings;
	return daemon_run(&options);
}
