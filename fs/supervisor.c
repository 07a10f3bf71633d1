#include "fs/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "fs/command.h"
#include "fs/device.h"
#include "fs/fence.h"
#include "fs/log.h"
#include "fs/mountpoint.h"
#include "fs/node.h"
#include "fs/succession.h"

/* How often a worker is looked after. */
enum { WATCH_MS = 5000 };

struct supervisor {
	struct succession succession;
	int signals;
	bool stopping;
};

static void supervisor_done(struct supervisor *supervisor)
{
	struct succession *succession = &supervisor->succession;

	shared_unmap(succession->shared, SHARED_PAGE);
	cleanup_close(&succession->plan.device);
	cleanup_close(&succession->plan.shared);
	succession_done(succession);
	cleanup_close(&supervisor->signals);
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

bool supervisor_can_resume(const struct keep *keep, const char *path)
{
	struct shared *shared = NULL;
	bool can;

	if (!keep_is_whole(keep) || device_is_gone(keep->descriptors[KEEP_DEVICE]) ||
	    shared_map(keep->descriptors[KEEP_STATE], SHARED_PAGE, &shared) < 0)
		return false;
	can = shared->place == node_number(path) && shared->resends;
	shared_unmap(shared, SHARED_PAGE);
	return can;
}

/* What outlives a supervisor: another one's, or made anew. */
static int provide(struct succession *succession, const struct keep *keep)
{
	struct worker_plan *plan = &succession->plan;
	int r;

	if (keep_is_whole(keep)) {
		plan->device = keep->descriptors[KEEP_DEVICE];
		plan->shared = keep->descriptors[KEEP_STATE];
		succession->fence = keep->descriptors[KEEP_FENCE];
		return 0;
	}
	r = device_open(&plan->device);
	if (r == 0)
		r = shared_new(&plan->shared);
	return r < 0 ? r : fence_new(&succession->fence);
}

static int prepare(struct supervisor *supervisor, const struct keep *keep)
{
	struct succession *succession = &supervisor->succession;
	int r = provide(succession, keep);

	if (r == 0)
		r = succession_init(succession);
	if (r == 0)
		r = take_signals(&supervisor->signals);
	return r < 0 ? r : shared_map(succession->plan.shared, SHARED_PAGE, &succession->shared);
}

/* From now on the mount outlives this process, too. */
static void keep(const struct succession *succession)
{
	const struct keep all = {{
		[KEEP_DEVICE] = succession->plan.device,
		[KEEP_STATE] = succession->plan.shared,
		[KEEP_FENCE] = succession->fence,
	}};

	keep_put(&all);
}

static enum exit_code attach(struct supervisor *supervisor,
			     const struct supervisor_options *options)
{
	struct shared *shared = supervisor->succession.shared;
	const int device = supervisor->succession.plan.device;
	int r = mountpoint_attach(options->source, options->path, options->flags, device);

	if (r < 0)
		return command_fail(EXIT_CANNOT_MOUNT, "cannot mount %s: %s", options->path,
				    strerror(-r));
	r = device_begin(device, &shared->init);
	if (r < 0) {
		(void)!mountpoint_detach(options->path);
		return command_fail(EXIT_CANNOT_MOUNT, "cannot serve %s: %s", options->path,
				    strerror(-r));
	}
	shared->place = node_number(options->path);
	shared->resends = device_can_resend(&shared->init);
	if (!shared->resends)
		log_line(LOG_NOTICE, "this kernel cannot send requests again: when the daemon "
				     "dies, the mount ends");
	return EXIT_DONE;
}

static void stop(struct supervisor *supervisor)
{
	if (!supervisor->stopping && mountpoint_detach(supervisor->succession.plan.path) < 0)
		log_line(LOG_WARNING, "cannot unmount: %s", strerror(errno));
	supervisor->stopping = true;
	worker_signal(&supervisor->succession.worker, SIGTERM);
}

static void take_signal(struct supervisor *supervisor)
{
	struct signalfd_siginfo info;

	if (read(supervisor->signals, &info, sizeof info) != sizeof info)
		return;
	if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
		stop(supervisor);
	else if (!supervisor->stopping && supervisor->succession.shared->resends)
		succession_upgrade(&supervisor->succession);
}

/* The worker has ended: the mount too, unless another one takes over. */
static bool goes_on(struct supervisor *supervisor, enum exit_code *ret)
{
	struct succession *succession = &supervisor->succession;
	const int status = worker_reap(&succession->worker);

	*ret = status == 0 ? EXIT_DONE : EXIT_OTHER;
	if (supervisor->stopping || device_is_gone(succession->plan.device))
		return false;
	if (succession->shared->resends)
		*ret = succession_replace(succession, status);
	if (succession->shared->resends && *ret == EXIT_DONE)
		return true;
	if (*ret == EXIT_DONE)
		*ret = EXIT_OTHER;
	log_line(LOG_ERR, "no worker can go on: the mount ends");
	return false;
}

static int watch_interval(const struct succession *succession)
{
	const unsigned half = succession->watchdog * 500;

	return half && half < WATCH_MS ? (int)half : WATCH_MS;
}

static enum exit_code supervise(struct supervisor *supervisor)
{
	struct succession *succession = &supervisor->succession;
	enum exit_code code = EXIT_DONE;

	for (;;) {
		struct pollfd sources[] = {
			{.fd = succession->worker.process, .events = POLLIN},
			{.fd = supervisor->signals, .events = POLLIN},
		};

		if (poll(sources, 2, watch_interval(succession)) < 0)
			continue;
		succession_watch(succession);
		if (sources[1].revents)
			take_signal(supervisor);
		else if (sources[0].revents && !goes_on(supervisor, &code))
			return code;
	}
}

/* The first worker, and the mount. */
static enum exit_code begin_mount(struct supervisor *supervisor,
				  const struct supervisor_options *options)
{
	struct succession *succession = &supervisor->succession;
	enum exit_code code = succession_start(succession);

	if (code != EXIT_DONE)
		return code;
	code = attach(supervisor, options);
	if (code == EXIT_DONE) {
		succession_begin(succession);
		return EXIT_DONE;
	}
	worker_signal(&succession->worker, SIGKILL);
	worker_reap(&succession->worker);
	return code;
}

static enum exit_code begin(struct supervisor *supervisor, const struct supervisor_options *options)
{
	enum exit_code code;

	if (!keep_is_whole(&options->keep)) {
		code = begin_mount(supervisor, options);
		if (code == EXIT_DONE && supervisor->succession.shared->resends)
			keep(&supervisor->succession);
		return code;
	}
	log_line(LOG_NOTICE, "the mount goes on");
	return succession_resume(&supervisor->succession);
}

enum exit_code supervisor_run(const struct supervisor_options *options,
			      void (*ready)(void *context), void *context)
{
	CLEANUP(supervisor_done)
	struct supervisor supervisor = {
		.succession =
			{
				.plan = {.program = -1,
					 .configuration = options->configuration,
					 .providers = options->providers,
					 .path = options->path,
					 .background = options->background,
					 .device = -1,
					 .shared = -1,
					 .identity = options->identity},
				.worker = NO_WORKER,
				.spare = NO_SPARE,
				.candidate = -1,
				.fence = -1,
				.watchdog = options->watchdog,
			},
		.signals = -1,
	};
	enum exit_code code;
	int r = prepare(&supervisor, &options->keep);

	if (r < 0)
		return command_fail(EXIT_CANNOT_MOUNT, "cannot prepare to mount: %s", strerror(-r));
	code = begin(&supervisor, options);
	if (code != EXIT_DONE)
		return code;
	keep_say_ready();
	if (ready)
		ready(context);
	code = supervise(&supervisor);
	keep_drop();
	return code;
}
