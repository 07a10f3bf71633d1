#include "fs/supervisor.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

#include "fs/command.h"
#include "fs/device.h"
#include "fs/log.h"
#include "fs/mountpoint.h"
#include "fs/worker.h"

/* A worker that does not come up is tried again after 10 ms, 20, 40 ..., in all about 20 s; then
 * those who wait are better told that there is nobody. */
enum { TRIES = 11, FIRST_PAUSE_NS = 10000000 };

struct supervisor {
	struct worker_plan plan;
	struct worker worker;
	struct shared *shared;
	int signals;
	bool resends;
	bool stopping;
	char program[PATH_MAX];
};

static void supervisor_done(struct supervisor *supervisor)
{
	shared_unmap(supervisor->shared, SHARED_PAGE);
	cleanup_close(&supervisor->plan.device);
	cleanup_close(&supervisor->plan.shared);
	cleanup_close(&supervisor->signals);
}

/* The installed program, which may have been replaced since this one was started. */
static int find_program(char *ret, size_t size)
{
	static const char gone[] = " (deleted)";
	const ssize_t length = readlink("/proc/self/exe", ret, size - 1);
	char *end;

	if (length < 0)
		return -errno;
	ret[length] = '\0';
	end = ret + length - (sizeof gone - 1);
	if (end > ret && strcmp(end, gone) == 0)
		*end = '\0';
	return 0;
}

static int take_signals(int *ret)
{
	static const int taken[] = {SIGTERM, SIGINT, SIGHUP};
	sigset_t signals;

	sigemptyset(&signals);
	for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
		sigaddset(&signals, taken[i]);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	*ret = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return *ret < 0 ? -errno : 0;
}

static int prepare(struct supervisor *supervisor)
{
	int r = find_program(supervisor->program, sizeof supervisor->program);

	supervisor->plan.program = supervisor->program;
	if (r == 0)
		r = take_signals(&supervisor->signals);
	if (r == 0)
		r = device_open(&supervisor->plan.device);
	if (r == 0)
		r = shared_new(&supervisor->plan.shared);
	return r < 0 ? r : shared_map(supervisor->plan.shared, SHARED_PAGE, &supervisor->shared);
}

/* Its own word why it could not begin; one that was killed has none. */
static enum exit_code code_of(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) ? (enum exit_code)WEXITSTATUS(status)
							: EXIT_OTHER;
}

/* A worker that could begin. */
static enum exit_code bring_up(struct supervisor *supervisor)
{
	int r = worker_start(&supervisor->plan, &supervisor->worker);

	if (r < 0)
		return command_fail(EXIT_OTHER, "cannot start a worker: %s", strerror(-r));
	if (worker_await(&supervisor->worker) == 0)
		return EXIT_DONE;
	return code_of(worker_reap(&supervisor->worker));
}

static void count_worker(struct supervisor *supervisor)
{
	atomic_fetch_add(&supervisor->shared->generation, 1);
	worker_go(&supervisor->worker);
}

static enum exit_code attach(struct supervisor *supervisor,
			     const struct supervisor_options *options)
{
	const int device = supervisor->plan.device;
	int r = mountpoint_attach(options->source, options->path, options->flags, device);

	if (r < 0)
		return command_fail(EXIT_CANNOT_MOUNT, "cannot mount %s: %s", options->path,
				    strerror(-r));
	r = device_begin(device, &supervisor->shared->init);
	if (r < 0) {
		(void)!mountpoint_detach(options->path);
		return command_fail(EXIT_CANNOT_MOUNT, "cannot serve %s: %s", options->path,
				    strerror(-r));
	}
	supervisor->resends = device_can_resend(&supervisor->shared->init);
	if (!supervisor->resends)
		log_line(LOG_NOTICE, "this kernel cannot send requests again: when the daemon "
				     "dies, the mount ends");
	return EXIT_DONE;
}

static void describe(int status, char *ret, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(ret, size, "killed by signal %d (%s)", WTERMSIG(status),
			 sigabbrev_np(WTERMSIG(status)));
	else
		snprintf(ret, size, "ended with code %d", WEXITSTATUS(status));
}

static void note_death(struct supervisor *supervisor, int status)
{
	describe(status, supervisor->shared->cause, sizeof supervisor->shared->cause);
	atomic_fetch_add(&supervisor->shared->deaths, 1);
	log_line(LOG_WARNING, "worker %s; another one takes over", supervisor->shared->cause);
}

/* Another worker, which is sent again what the last one left unanswered. */
static enum exit_code replace(struct supervisor *supervisor)
{
	struct timespec pause = {.tv_nsec = FIRST_PAUSE_NS};
	enum exit_code code = EXIT_OTHER;

	/* Before the first answer nothing was read but the first request, which is kept. */
	if (supervisor->shared->answered && device_resend(supervisor->plan.device) < 0)
		return EXIT_OTHER;
	for (int i = 0; i < TRIES && !device_is_gone(supervisor->plan.device); i++) {
		code = bring_up(supervisor);
		if (code == EXIT_DONE) {
			count_worker(supervisor);
			return EXIT_DONE;
		}
		nanosleep(&pause, NULL);
		pause.tv_nsec *= 2;
		pause.tv_sec = pause.tv_sec * 2 + pause.tv_nsec / 1000000000;
		pause.tv_nsec %= 1000000000;
	}
	return code;
}

static void stop(struct supervisor *supervisor)
{
	if (!supervisor->stopping && mountpoint_detach(supervisor->plan.path) < 0)
		log_line(LOG_WARNING, "cannot unmount: %s", strerror(errno));
	supervisor->stopping = true;
	worker_signal(&supervisor->worker, SIGTERM);
}

static void take_signal(struct supervisor *supervisor)
{
	struct signalfd_siginfo info;

	if (read(supervisor->signals, &info, sizeof info) != sizeof info)
		return;
	if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
		stop(supervisor);
}

/* The worker has ended: the mount too, unless another one takes over. */
static bool goes_on(struct supervisor *supervisor, enum exit_code *ret)
{
	const int status = worker_reap(&supervisor->worker);

	*ret = status == 0 ? EXIT_DONE : code_of(status);
	if (supervisor->stopping || device_is_gone(supervisor->plan.device))
		return false;
	note_death(supervisor, status);
	if (supervisor->resends && replace(supervisor) == EXIT_DONE)
		return true;
	if (*ret == EXIT_DONE)
		*ret = EXIT_OTHER;
	log_line(LOG_ERR, "no worker can go on: the mount ends");
	return false;
}

static enum exit_code supervise(struct supervisor *supervisor)
{
	enum exit_code code = EXIT_DONE;

	for (;;) {
		struct pollfd sources[] = {
			{.fd = supervisor->worker.process, .events = POLLIN},
			{.fd = supervisor->signals, .events = POLLIN},
		};

		if (poll(sources, 2, -1) < 0 && errno != EINTR)
			return EXIT_OTHER;
		if (sources[1].revents)
			take_signal(supervisor);
		if (sources[0].revents && !goes_on(supervisor, &code))
			return code;
	}
}

enum exit_code supervisor_run(const struct supervisor_options *options,
			      void (*ready)(void *context), void *context)
{
	CLEANUP(supervisor_done)
	struct supervisor supervisor = {
		.plan = {.configuration = options->configuration,
			 .path = options->path,
			 .background = options->background,
			 .device = -1,
			 .shared = -1,
			 .identity = options->identity},
		.worker = NO_WORKER,
		.signals = -1,
	};
	enum exit_code code;
	int r = prepare(&supervisor);

	if (r < 0)
		return command_fail(EXIT_CANNOT_MOUNT, "cannot prepare to mount: %s", strerror(-r));
	code = bring_up(&supervisor);
	if (code != EXIT_DONE)
		return code;
	code = attach(&supervisor, options);
	if (code != EXIT_DONE) {
		worker_signal(&supervisor.worker, SIGKILL);
		worker_reap(&supervisor.worker);
		return code;
	}
	count_worker(&supervisor);
	ready(context);
	return supervise(&supervisor);
}
