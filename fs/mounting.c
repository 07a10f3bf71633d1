#include "fs/mounting.h"

#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/command.h"
#include "fs/handover.h"
#include "fs/supervisor.h"
#include "fs/log.h"
#include "fs/mountpoint.h"
#include "fs/possession.h"
#include "fs/trouble.h"
#include "fs/unlock.h"
#include "store/source.h"

/* Tell the waiting parent that the mount answers, and let go of its terminal. */
static void detach(void *context)
{
	const int pipe = *(const int *)context;
	const char done = EXIT_DONE;

	log_detach();
	(void)!write(pipe, &done, 1);
	close(pipe);
}

static enum exit_code say_handover(int error)
{
	if (error == -EPERM)
		return command_fail(EXIT_MEMORY, "memory cannot be locked: raise the limit "
						 "(ulimit -l, LimitMEMLOCK=)");
	return command_fail(EXIT_OTHER, "cannot hand on this host's identity: %s",
			    strerror(-error));
}

/* This process becomes the supervisor, for as long as the mount lives. */
static enum exit_code supervise(const struct supervisor_options *options,
				void (*ready)(void *context), void *context)
{
	int r = handover_is_full(options->identity) ? handover_keep(options->identity) : 0;

	return r < 0 ? say_handover(r) : supervisor_run(options, ready, context);
}

/* In the background: the child becomes the daemon, the parent waits for its first word. */
static enum exit_code run_in_background(const struct supervisor_options *options)
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
		code = supervise(options, detach, &pipe[1]);
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

/* The directory is there, and nothing of ours is in the way. */
static enum exit_code check(const struct mounting *mounting, struct keep *keep, char **ret_path,
			    enum mountpoint_state *ret_state)
{
	int r = mountpoint_resolve(mounting->directory, ret_path);

	if (r < 0)
		return command_fail(EXIT_CANNOT_MOUNT, "%s: %s", mounting->directory, strerror(-r));
	/* Nobody means that, and it could not be undone. */
	if (strcmp(*ret_path, "/") == 0)
		return command_fail(EXIT_CANNOT_MOUNT, "/: not over the root directory");
	if (supervisor_can_resume(keep, *ret_path))
		return EXIT_DONE;
	keep_drop();
	keep_done(keep);
	r = mountpoint_state(*ret_path, ret_state);
	if (r < 0)
		return command_fail(EXIT_OTHER, "%s: %s", *ret_path, strerror(-r));
	if (*ret_state == MOUNTPOINT_MOUNTED)
		return command_fail(EXIT_MOUNTED, "%s: credfs is mounted there already", *ret_path);
	return EXIT_DONE;
}

/* Workers are not root: what is the store's is theirs. */
static enum exit_code hand_over_files(const struct settings *settings)
{
	struct owner owner;
	const enum exit_code code = command_owner(settings, &owner);

	if (code == EXIT_DONE)
		possession_take(settings, &owner);
	return code;
}

static enum exit_code mount_at(const struct mounting *mounting,
			       const struct supervisor_options *options,
			       enum mountpoint_state state)
{
	int r = state == MOUNTPOINT_STALE ? mountpoint_detach(options->path) : 0;

	if (r < 0)
		return command_fail(EXIT_CANNOT_MOUNT,
				    "%s: what another daemon left there cannot be unmounted: %s",
				    options->path, strerror(-r));
	return mounting->foreground ? supervise(options, NULL, NULL) : run_in_background(options);
}

enum { POOL = 1 << 20 };

/* Whoever can be asked is asked now, by a process of its own, so that the supervisor never holds
 * what is handed over. */
static enum exit_code ask(const struct settings *settings, int identity)
{
	CLEANUP_UNLOCKED struct unlocked unlocked = {0};
	enum exit_code code = unlock(settings, POOL, &unlocked);
	int r = code == EXIT_DONE ? handover_fill(identity, &unlocked.identity) : 0;

	return r < 0 ? say_handover(r) : code;
}

static enum exit_code ask_apart(const struct settings *settings, int identity)
{
	int status = 0;
	pid_t child = fork();

	if (child < 0)
		return command_fail(EXIT_OTHER, "%s", strerror(errno));
	if (child == 0)
		_exit((int)ask(settings, identity));
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status))
		return (enum exit_code)WEXITSTATUS(status);
	return command_fail(EXIT_MEMORY,
			    "%s: who was to open it was killed: is there too little memory for "
			    "its passphrase?",
			    settings->store_identity);
}

/* The descriptor that every worker reads: the key file, or what somebody was asked for. */
static enum exit_code prepare_identity(const struct settings *settings, int *ret)
{
	struct source source;
	int r = source_parse(settings->store_identity, &source);

	if (r == 0 && !source_asks(&source))
		r = source_open(&source, ret);
	if (r < 0)
		return trouble_say_identity(settings, r);
	if (*ret >= 0)
		return EXIT_DONE;
	r = handover_new(ret);
	if (r == 0)
		r = handover_keep(*ret);
	return r < 0 ? say_handover(r) : ask_apart(settings, *ret);
}

enum exit_code mounting_run(const struct mounting *mounting)
{
	CLEANUP(settings_freep) struct settings *settings = NULL;
	CLEANUP_FREE char *configuration = NULL;
	CLEANUP_FREE char *path = NULL;
	struct supervisor_options options = {
		.source = mounting->source ? mounting->source : "credfs",
		.background = !mounting->foreground,
	};
	CLEANUP_CLOSE int identity = -1;
	struct mountpoint_refusal refusal = {0};
	enum mountpoint_state state = MOUNTPOINT_FREE;
	enum exit_code code;

	keep_take(&options.keep);
	code = command_settings(mounting->configuration, &settings);
	if (code != EXIT_DONE)
		return code;
	if (geteuid() != 0)
		return command_fail(EXIT_NOT_ROOT, "only root can mount");
	if (mountpoint_flags(mounting->options, mounting->sloppy, &options.flags, &refusal) < 0)
		return command_fail(EXIT_USAGE, "mount option %s: %s", refusal.option, refusal.why);
	code = check(mounting, &options.keep, &path, &state);
	if (code != EXIT_DONE || mounting->fake)
		return code;
	/* Workers are started from the root directory, whenever one is needed. */
	if (mounting->configuration && !(configuration = realpath(mounting->configuration, NULL)))
		return command_fail(EXIT_CONFIGURATION, "%s: %s", mounting->configuration,
				    strerror(errno));
	options.watchdog = settings->daemon_watchdog;
	options.providers = settings->providers;
	options.configuration = configuration;
	options.path = path;
	code = hand_over_files(settings);
	if (code == EXIT_DONE)
		code = prepare_identity(settings, &identity);
	if (code != EXIT_DONE)
		return code;
	options.identity = identity;
	return mount_at(mounting, &options, state);
}
