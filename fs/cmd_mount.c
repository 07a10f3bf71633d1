#include <argp.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "fs/command.h"
#include "fs/daemon.h"
#include "fs/log.h"
#include "fs/mountpoint.h"

struct options {
	bool foreground;
	char *mount_options;
	const char *directory;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'f':
		options->foreground = true;
		return 0;
	case 'o':
		options->mount_options = argument;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_usage(state);
		options->directory = argument;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option argp_options[] = {
	{"foreground", 'f', NULL, 0, "Stay in the foreground and log to stderr", 0},
	{"options", 'o', "OPTIONS", 0, "Mount options, as mount(8) has them: ro, noatime", 0},
	{0},
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "DIR",
	.doc = "Mount the store's credentials at DIR. Returns when the mount answers; umount DIR "
	       "ends it.",
};

/* Tell the waiting parent that the mount answers, and let go of its terminal. */
static void detach(void *context)
{
	const int pipe = *(const int *)context;
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	const char done = EXIT_DONE;

	log_to_syslog();
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		close(null);
	}
	(void)!write(pipe, &done, 1);
	close(pipe);
}

static void stay(void *context)
{
	(void)context;
}

/* In the background: the child becomes the daemon, the parent waits for its first word. */
static enum exit_code run_in_background(const struct daemon_options *options)
{
	enum exit_code code;
	struct statvfs st;
	char word = EXIT_OTHER;
	int pipe[2];
	pid_t child;

	if (pipe2(pipe, O_CLOEXEC) < 0)
		return command_fail(EXIT_OTHER, "%s", strerror(errno));
	child = fork();
	if (child < 0)
		return command_fail(EXIT_OTHER, "%s", strerror(errno));
	if (child == 0) {
		close(pipe[0]);
		setsid();
		(void)!chdir("/");
		code = daemon_run(options, detach, &pipe[1]);
		word = (char)code;
		(void)!write(pipe[1], &word, 1);
		return code;
	}
	close(pipe[1]);
	if (read(pipe[0], &word, 1) != 1)
		return command_fail(EXIT_OTHER, "the daemon ended before it was ready");
	if (word == EXIT_DONE)
		(void)!statvfs(options->path, &st); /* waits until it really answers */
	else
		waitpid(child, NULL, 0);
	return (enum exit_code)word;
}

static enum exit_code prepare(const char *path)
{
	enum mountpoint_state state;
	int r = mountpoint_state(path, &state);

	if (r < 0)
		return command_fail(EXIT_OTHER, "%s: %s", path, strerror(-r));
	if (state == MOUNTPOINT_MOUNTED)
		return command_fail(EXIT_MOUNTED, "%s: credfs is mounted there already", path);
	if (state == MOUNTPOINT_STALE)
		r = mountpoint_detach(path);
	if (r < 0)
		return command_fail(EXIT_CANNOT_MOUNT,
				    "%s: what another daemon left there cannot be unmounted: %s",
				    path, strerror(-r));
	return EXIT_DONE;
}

enum exit_code cmd_mount(const char *configuration, int count, char **arguments)
{
	CLEANUP(settings_freep) struct settings *settings = NULL;
	CLEANUP_FREE char *path = NULL;
	struct daemon_options daemon = {0};
	struct options options = {0};
	const char *unknown = NULL;
	enum exit_code code;
	int r;

	argp_parse(&argp, count, arguments, 0, NULL, &options);
	code = command_settings(configuration, &settings);
	if (code != EXIT_DONE)
		return code;
	if (geteuid() != 0)
		return command_fail(EXIT_NOT_ROOT, "only root can mount");
	if (mountpoint_flags(options.mount_options, &daemon.flags, &unknown) < 0)
		return command_fail(EXIT_USAGE, "unknown mount option: %s", unknown);
	r = mountpoint_resolve(options.directory, &path);
	if (r < 0)
		return command_fail(EXIT_CANNOT_MOUNT, "%s: %s", options.directory, strerror(-r));
	/* Nobody means that, and it could not be undone. */
	if (strcmp(path, "/") == 0)
		return command_fail(EXIT_CANNOT_MOUNT, "/: not over the root directory");
	code = prepare(path);
	if (code != EXIT_DONE)
		return code;
	daemon.settings = settings;
	daemon.path = path;
	return options.foreground ? daemon_run(&daemon, stay, NULL) : run_in_background(&daemon);
}
