#include "fs/worker.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS = 10, PROGRAM = WORKER_DESCRIPTORS_END };

/* Put each descriptor in its place: first out of the way of all the others. The program's own comes
 * after those that it is handed, then the spare. */
static int place(int control, const struct worker_plan *plan)
{
	const int from[] = {
		control,
		plan->device,
		plan->shared,
		plan->identity,
		plan->program,
		plan->spare ? plan->spare->settings : -1,
		plan->spare ? plan->spare->providers : -1,
	};
	enum { COUNT = sizeof from / sizeof from[0] };
	const int count = plan->spare ? COUNT : PROGRAM + 1 - WORKER_CONTROL;
	int moved[COUNT];

	_Static_assert((int)COUNT == WORKER_PROVIDERS + 1 - WORKER_CONTROL, "one for each");
	for (int i = 0; i < count; i++) {
		moved[i] = fcntl(from[i], F_DUPFD, WORKER_PROVIDERS + 1);
		if (moved[i] < 0)
			return -errno;
	}
	for (int i = 0; i < count; i++) {
		if (dup2(moved[i], WORKER_CONTROL + i) < 0)
			return -errno;
	}
	if (close_range((unsigned)(WORKER_CONTROL + count), ~0u, 0) < 0)
		return -errno;
	return fcntl(PROGRAM, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
}

/* In the child. */
static void become(const struct worker_plan *plan, int control, pid_t parent)
{
	char name[] = "credfs", option[] = "-c", command[] = "worker", background[] = "-b";
	char upgrade[] = "-u", providers[] = "-p";
	char *arguments[ARGUMENTS] = {name};
	char spare[32];
	sigset_t none;
	int count = 1;

	snprintf(spare, sizeof spare, "/proc/self/fd/%d", WORKER_SPARE);
	if (plan->configuration || plan->spare)
		arguments[count++] = option;
	if (plan->spare)
		arguments[count++] = spare;
	else if (plan->configuration)
		arguments[count++] = (char *)(uintptr_t)plan->configuration;
	arguments[count++] = command;
	if (plan->background)
		arguments[count++] = background;
	if (plan->upgrade)
		arguments[count++] = upgrade;
	if (plan->spare) {
		arguments[count++] = providers;
		arguments[count++] = (char *)(uintptr_t)plan->providers;
	}
	arguments[count++] = (char *)(uintptr_t)plan->path;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Nobody else restarts it, or knows when it has ended. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent &&
	    place(control, plan) == 0)
		(void)!execveat(PROGRAM, "", arguments, environ, AT_EMPTY_PATH);
}

int worker_start(const struct worker_plan *plan, struct worker *ret)
{
	const pid_t parent = getpid();
	struct worker worker = NO_WORKER;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	worker.pid = fork();
	if (worker.pid == 0) {
		become(plan, pair[1], parent);
		_Exit(127);
	}
	close(pair[1]);
	worker.control = pair[0];
	if (worker.pid > 0)
		worker.process = pidfd_open(worker.pid, 0);
	if (worker.process < 0) {
		const int error = -errno;

		if (worker.pid > 0)
			kill(worker.pid, SIGKILL), worker_reap(&worker);
		else
			close(worker.control);
		return error;
	}
	*ret = worker;
	return 0;
}

/* Whether the descriptor can be read before so many seconds have passed. */
static bool wait_for(int descriptor, unsigned seconds)
{
	struct pollfd source = {.fd = descriptor, .events = POLLIN};
	int r;

	do
		r = poll(&source, 1, (int)seconds * 1000);
	while (r < 0 && errno == EINTR);
	return r > 0;
}

int worker_await_end(const struct worker *worker, unsigned seconds)
{
	return wait_for(worker->process, seconds) ? 0 : -ETIMEDOUT;
}

int worker_await(const struct worker *worker, unsigned seconds)
{
	char word = 0;
	ssize_t size;

	if (!wait_for(worker->control, seconds))
		return -ETIMEDOUT;

	do
		size = recv(worker->control, &word, 1, 0);
	while (size < 0 && errno == EINTR);
	return size == 1 && word == WORKER_READY ? 0 : -ECHILD;
}

void worker_go(const struct worker *worker)
{
	const char word = WORKER_GO;

	/* One that has ended is noticed elsewhere. */
	(void)!send(worker->control, &word, 1, MSG_NOSIGNAL);
}

void worker_signal(const struct worker *worker, int number)
{
	if (worker->process >= 0)
		(void)!pidfd_send_signal(worker->process, number, NULL, 0);
}

bool worker_is_stopped(const struct worker *worker)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)worker->pid, &info, WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == worker->pid;
}

int worker_reap(struct worker *worker)
{
	int status = 0;

	while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (worker->process >= 0)
		close(worker->process);
	close(worker->control);
	*worker = NO_WORKER;
	return status;
}
