#include "fs/succession.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "conf/settings.h"
#include "fs/command.h"
#include "fs/crash.h"
#include "fs/device.h"
#include "fs/fence.h"
#include "fs/log.h"

/* A worker that does not come up, or ends before it serves, is tried again after 10 ms, 20, 40 ...,
 * in all about 20 s; then those who wait are better told that there is nobody. */
enum { TRIES = 12, FIRST_PAUSE_NS = 10000000 };

/* One that serves and ends by itself within a second is followed more slowly each time, too, but
 * always followed: a request that is to blame is found out. */
enum { HASTY_MAX = 7 };
static const uint64_t hasty_ns = UINT64_C(1000000000);

/* The next version has so many seconds to begin, the one before to end. */
enum { BEGIN_SECONDS = 60, UPGRADE_SECONDS = 30, END_SECONDS = 10 };

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
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

int succession_init(struct succession *succession)
{
	int r = find_program(succession->installed, sizeof succession->installed);

	if (r < 0)
		return r;
	succession->plan.program = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	return succession->plan.program < 0 ? -errno : 0;
}

void succession_done(struct succession *succession)
{
	cleanup_close(&succession->plan.program);
	cleanup_close(&succession->candidate);
	spare_done(&succession->spare);
	cleanup_close(&succession->fence);
}

/* Its own word why it could not begin; one that was killed has none. */
static enum exit_code code_of(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) ? (enum exit_code)WEXITSTATUS(status)
							: EXIT_OTHER;
}

static enum exit_code start(struct succession *succession, const struct spare *spare)
{
	struct worker_plan plan = succession->plan;
	int r;

	plan.spare = spare;
	r = worker_start(&plan, &succession->worker);
	if (r < 0)
		return command_fail(EXIT_OTHER, "cannot start a worker: %s", strerror(-r));
	if (worker_await(&succession->worker, BEGIN_SECONDS) == 0)
		return EXIT_DONE;
	worker_signal(&succession->worker, SIGKILL);
	return code_of(worker_reap(&succession->worker));
}

static int copy_present(const struct succession *succession, struct spare *ret)
{
	return spare_new(succession->plan.configuration, succession->plan.providers, ret);
}

/* It has begun with the configuration that was there. */
static void keep_spare(struct succession *succession, struct spare *present)
{
	if (!spare_is_there(present))
		return;
	spare_done(&succession->spare);
	succession->spare = *present;
	*present = NO_SPARE;
}

/* One that cannot begin with a configuration that has changed since the last one began, does so
 * with that one's. */
enum exit_code succession_start(struct succession *succession)
{
	CLEANUP_SPARE struct spare present = NO_SPARE;
	int r = copy_present(succession, &present);
	enum exit_code code = start(succession, NULL);

	if (code == EXIT_DONE)
		keep_spare(succession, &present);
	if (code == EXIT_DONE || !spare_is_there(&succession->spare) ||
	    (r == 0 && spare_is_same(&present, &succession->spare)))
		return code;
	log_line(LOG_ERR,
		 "with %s and the providers' files as they are now no worker can begin: the mount "
		 "goes on with the settings it had",
		 settings_path(succession->plan.configuration));
	return start(succession, &succession->spare);
}

void succession_begin(struct succession *succession)
{
	int r = fence_mark(succession->fence, succession->worker.pid);

	if (r < 0)
		log_line(LOG_WARNING, "who serves cannot be noted down: %s", strerror(-r));
	succession->shared->handling = 0;
	succession->begun = now();
	succession->killed = false;
	succession->stopped = 0;
	atomic_fetch_add(&succession->shared->generation, 1);
	worker_go(&succession->worker);
}

/* Whether the last worker came to serve. */
static bool has_served(const struct succession *succession)
{
	return succession->shared->begun == succession->shared->generation;
}

/* The version that was tried comes into force, or is given up. */
static void settle(struct succession *succession)
{
	if (succession->candidate < 0)
		return;
	if (has_served(succession)) {
		cleanup_close(&succession->plan.program);
		succession->plan.program = TAKE_FD(succession->candidate);
		return;
	}
	log_line(LOG_WARNING, "the new version cannot serve, the one before goes on");
	cleanup_close(&succession->candidate);
	succession->candidate = -1;
}

static void describe(int status, char *ret, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(ret, size, "killed by signal %d (%s)", WTERMSIG(status),
			 sigabbrev_np(WTERMSIG(status)));
	else
		snprintf(ret, size, "ended with code %d", WEXITSTATUS(status));
}

static void note_death(struct succession *succession, int status)
{
	struct shared *shared = succession->shared;
	char cause[sizeof shared->cause] = ""; /* workers write there: it is not read again */

	describe(status, cause, sizeof cause);
	if (succession->killed)
		snprintf(cause, sizeof cause, "hung, and was killed");
	memcpy(shared->cause, cause, sizeof cause);
	atomic_fetch_add(&shared->deaths, 1);
	log_line(LOG_WARNING, "worker %s; another one takes over", cause);
}

/* Not by the hand of somebody else. */
static bool is_by_itself(const struct succession *succession, int status)
{
	const bool killed = WIFSIGNALED(status) &&
			    (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM);

	return succession->killed || !killed;
}

/* The same request again and again: it is what they die of. */
static void suspect(struct succession *succession, bool by_itself)
{
	struct shared *shared = succession->shared;

	if (!suspicion_note(&succession->suspicion, shared->handling, by_itself))
		return;
	shared->poison = shared->handling;
	log_line(LOG_ERR, "workers die of one request: it is answered with EIO");
}

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How the last one did decides how soon another is tried. */
static void judge(struct succession *succession, bool by_itself)
{
	if (!has_served(succession))
		return;
	succession->vain = 0;
	if (by_itself && now() - succession->begun < hasty_ns)
		succession->hasty = smaller(succession->hasty + 1, HASTY_MAX);
	else
		succession->hasty = 0;
}

/* Longer each time, but not before the first. */
static void pause_between(unsigned tries)
{
	const uint64_t length = tries ? (uint64_t)FIRST_PAUSE_NS << (tries - 1) : 0;
	const struct timespec pause = {(time_t)(length / 1000000000), (long)(length % 1000000000)};

	nanosleep(&pause, NULL);
}

/* What the last one took along is sent again. Before the first answer nothing was read but the
 * first request, which is kept. */
static int resend(const struct succession *succession)
{
	if (!succession->shared->answered || crash_without("resend"))
		return 0;
	return device_resend(succession->plan.device);
}

/* Another worker, until one can begin; `code`: why none can, so far. */
static enum exit_code follow(struct succession *succession, enum exit_code code)
{
	while (succession->vain < TRIES && !device_is_gone(succession->plan.device)) {
		pause_between(succession->vain++);
		code = succession_start(succession);
		if (code == EXIT_DONE) {
			succession_begin(succession);
			return EXIT_DONE;
		}
	}
	return code;
}

enum exit_code succession_replace(struct succession *succession, int status)
{
	const bool by_itself = is_by_itself(succession, status);

	note_death(succession, status);
	suspect(succession, by_itself);
	judge(succession, by_itself);
	settle(succession);
	if (resend(succession) < 0)
		return EXIT_OTHER;
	pause_between(succession->hasty);
	return follow(succession, code_of(status));
}

enum exit_code succession_resume(struct succession *succession)
{
	struct shared *shared = succession->shared;
	int r = fence_end(succession->fence);

	if (r < 0)
		return command_fail(EXIT_OTHER, "who served before cannot be ended: %s",
				    strerror(-r));
	snprintf(shared->cause, sizeof shared->cause, "ended with its supervisor");
	atomic_fetch_add(&shared->deaths, 1);
	if (resend(succession) < 0)
		return EXIT_OTHER;
	return follow(succession, EXIT_OTHER);
}

/* A worker of the installed version, that could begin. */
static int start_installed(const struct succession *succession, int program, struct worker *ret)
{
	struct worker_plan plan = succession->plan;
	struct worker next = NO_WORKER;
	int r;

	plan.upgrade = true;
	plan.spare = NULL;
	plan.program = program;
	r = worker_start(&plan, &next);
	if (r < 0)
		return r;
	r = worker_await(&next, UPGRADE_SECONDS);
	if (r == 0) {
		*ret = next;
		return 0;
	}
	worker_signal(&next, SIGKILL);
	worker_reap(&next);
	return r;
}

/* Ask the worker to hand over. What it may have read when it was asked is sent again. */
static void end_worker(struct succession *succession)
{
	worker_signal(&succession->worker, SIGHUP);
	if (worker_await_end(&succession->worker, END_SECONDS) < 0)
		worker_signal(&succession->worker, SIGKILL);
	worker_reap(&succession->worker);
	if (resend(succession) < 0)
		log_line(LOG_WARNING, "requests cannot be sent again: %s", strerror(errno));
}

void succession_upgrade(struct succession *succession)
{
	CLEANUP_CLOSE int program = open(succession->installed, O_PATH | O_CLOEXEC);
	CLEANUP_SPARE struct spare present = NO_SPARE;
	struct worker next = NO_WORKER;
	int r = copy_present(succession, &present);

	/* What cannot be copied is not kept. */
	r = program < 0 ? -errno : start_installed(succession, program, &next);

	if (r < 0) {
		log_line(LOG_WARNING, "the new version cannot begin, the old one goes on: %s",
			 r == -ECHILD ? "it has ended" : strerror(-r));
		return;
	}
	settle(succession);
	end_worker(succession);
	keep_spare(succession, &present);
	succession->worker = next;
	succession->candidate = TAKE_FD(program);
	succession_begin(succession);
	log_line(LOG_NOTICE, "the installed version takes over");
}

static bool is_late(const struct succession *succession, uint64_t since)
{
	const uint64_t time = now();

	return time > since && time - since > succession->watchdog * UINT64_C(1000000000);
}

static bool is_stuck(const struct succession *succession)
{
	return succession->shared->handling && is_late(succession, succession->shared->since);
}

static bool is_stopped(struct succession *succession)
{
	if (!worker_is_stopped(&succession->worker))
		succession->stopped = 0;
	else if (!succession->stopped)
		succession->stopped = now();
	return succession->stopped && is_late(succession, succession->stopped);
}

void succession_watch(struct succession *succession)
{
	if (!succession->watchdog || (!is_stuck(succession) && !is_stopped(succession)))
		return;
	log_line(LOG_WARNING, "the worker hangs: it is killed");
	succession->killed = true;
	worker_signal(&succession->worker, SIGKILL);
}
