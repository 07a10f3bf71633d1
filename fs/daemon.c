#include "fs/daemon.h"

#include <signal.h>
#include <string.h>

#include "fs/command.h"
#include "fs/crash.h"
#include "fs/ground.h"
#include "fs/harden.h"
#include "fs/log.h"
#include "fs/session.h"
#include "fs/tending.h"
#include "fs/turn.h"
#include "fs/worker.h"

/* What the two threads share. */
struct serving {
	struct session *session;
	pthread_t main;
	int result;
	volatile sig_atomic_t ended;
};

static void *serve(void *context)
{
	struct serving *serving = context;

	serving->result = session_run(serving->session);
	serving->ended = 1;
	pthread_kill(serving->main, SIGUSR2);
	return NULL;
}

static void interrupt(int signal)
{
	(void)signal;
}

/* Signals are taken by the tending thread alone, but for the one that wakes the session's. The
 * terminal's are for the supervisor, which says when to end. */
static void prepare_signals(sigset_t *ret)
{
	static const int taken[] = {SIGTERM, SIGHUP, SIGUSR2};
	static const int ignored[] = {SIGINT, SIGPIPE};
	const struct sigaction wake = {.sa_handler = interrupt};

	sigemptyset(ret);
	for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
		sigaddset(ret, taken[i]);
	pthread_sigmask(SIG_BLOCK, ret, NULL);
	for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
		signal(ignored[i], SIG_IGN);
	sigaction(SIGUSR1, &wake, NULL);
}

/* Look after the session once a second until it ends by itself, or a signal asks for it. */
static void tend(struct serving *serving, pthread_t thread, const sigset_t *signals)
{
	const struct timespec second = {.tv_sec = 1};
	const struct timespec moment = {.tv_nsec = 50000000};
	bool stopping = false;

	while (!serving->ended) {
		const int signal = sigtimedwait(signals, NULL, stopping ? &moment : &second);

		stopping = stopping || signal == SIGTERM || signal == SIGHUP;
		if (signal == SIGHUP)
			session_hand_over(serving->session);
		/* Again until it has ended: the thread may have been about to wait. */
		if (stopping)
			session_stop(serving->session, thread);
		else
			tending_run(serving->session);
	}
}

static enum exit_code run_session(struct session *session, const sigset_t *signals)
{
	struct serving serving = {.session = session, .main = pthread_self()};
	pthread_t thread;

	session->tender = serving.main;
	if (pthread_create(&thread, NULL, serve, &serving) != 0)
		return command_fail(EXIT_OTHER, "cannot start a thread");
	tend(&serving, thread, signals);
	pthread_join(thread, NULL);
	if (serving.result == 0)
		return EXIT_DONE;
	log_line(LOG_ERR, "the mount ended: %s", strerror(-serving.result));
	return EXIT_OTHER;
}

static enum exit_code serve_session(const struct daemon_options *options, struct session *session)
{
	sigset_t signals;
	int r;

	/* Before any thread is started. */
	prepare_signals(&signals);
	r = session_init(session, WORKER_DEVICE, WORKER_SHARED);

	if (r < 0)
		return command_fail(r == -EPERM ? EXIT_MEMORY : EXIT_CANNOT_MOUNT,
				    "cannot serve %s: %s", options->path,
				    r == -EPERM ? "memory cannot be locked" : strerror(-r));
	r = options->upgrade ? 0 : turn_wait();
	if (r == 0)
		r = session_begin(session);
	if (r < 0)
		return command_fail(EXIT_CANNOT_MOUNT, "cannot serve %s: %s", options->path,
				    strerror(-r));
	if (options->background)
		log_detach();
	return run_session(session, &signals);
}

static enum exit_code serve_tree(const struct daemon_options *options, struct ground *ground)
{
	struct session session = {
		.key = ground->key,
		.tree =
			{
				.settings = options->settings,
				.catalogue = ground->catalogue,
				.pool = ground->pool,
				.store = ground->store,
				.mountpoint = options->path,
				.owner = ground->owner.uid,
				.owner_group = ground->owner.gid,
				.confinement = ground->confinement,
			},
		.announcer = TAKE_PTR(ground->announcer),
		.buffer = TAKE_PTR(ground->inbox),
	};
	const enum exit_code code = serve_session(options, &session);

	session_done(&session);
	return code;
}

enum exit_code daemon_run(const struct daemon_options *options)
{
	CLEANUP(ground_done) struct ground ground = {0};
	enum exit_code code;
	int r = harden_process();

	if (r < 0)
		return command_fail(EXIT_OTHER, "cannot give up core dumps: %s", strerror(-r));
	crash_prepare();
	code = ground_init(options, &ground);
	if (code == EXIT_DONE)
		code = serve_tree(options, &ground);
	return code;
}
