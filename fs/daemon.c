#include "fs/daemon.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "fs/command.h"
#include "fs/harden.h"
#include "fs/log.h"
#include "fs/owner.h"
#include "fs/session.h"
#include "fs/toucher.h"
#include "fs/standing.h"
#include "fs/tending.h"
#include "fs/trouble.h"
#include "fs/worker.h"
#include "store/source.h"

/* Everything that the tree stands on. */
struct ground {
	struct secret_pool *pool;
	struct catalogue *catalogue;
	struct store *store;
	struct state_key *key; /* for what a successor is left */
	struct owner owner;
	struct announcer *announcer;
};

static void ground_done(struct ground *ground)
{
	ground->announcer = announcer_free(ground->announcer);
	ground->store = store_close(ground->store);
	ground->key = state_key_free(ground->key);
	ground->catalogue = catalogue_free(ground->catalogue);
	ground->pool = secret_pool_free(ground->pool);
}

static enum exit_code load_catalogue(const struct settings *settings, struct catalogue **ret)
{
	struct conf_error error = {0};

	if (catalogue_load(settings->providers, ret, &error) == 0) {
		if (!settings->connections)
			catalogue_drop_connections(*ret);
		return EXIT_DONE;
	}
	return command_fail(EXIT_CONFIGURATION, "%s:%u: %s", error.file, error.line, error.text);
}

static enum exit_code find_owner(const struct settings *settings, struct owner *ret)
{
	int r = owner_find(settings->daemon_user, ret);

	if (r == 0)
		return EXIT_DONE;
	return command_fail(EXIT_CONFIGURATION,
			    "[daemon] user: %s: it must be a user of its own, with a group that "
			    "has no other member: %s",
			    settings->daemon_user ? settings->daemon_user : "credfs", strerror(-r));
}

/* One that was just unmounted needs a moment to close its store. */
enum { BUSY_SECONDS = 2, BUSY_PAUSE_NS = 20000000 };

static int open_store_soon(const struct settings *settings, struct secret_pool *pool,
			   struct identity *identity, struct store **ret)
{
	const struct timespec pause = {.tv_nsec = BUSY_PAUSE_NS};
	const uint64_t end = tree_monotonic() + BUSY_SECONDS * UINT64_C(1000000000);
	int r;

	for (;;) {
		r = store_open(pool, settings->store_path, settings->store_pins, identity, ret);
		if (r != -EBUSY || tree_monotonic() >= end)
			return r;
		nanosleep(&pause, NULL);
	}
}

/* Whether the store has none of the organisations that this host knows: then it is no damage of
 * theirs. */
static bool is_another_store(struct store *store)
{
	const size_t count = pins_count(store_pins(store));
	uint64_t generation;

	for (size_t i = 0; i < count; i++) {
		if (store_org_look(store, i, &generation) != -EIDRM)
			return false;
	}
	return count > 0;
}

static enum exit_code open_store(const struct settings *settings, struct ground *ground)
{
	CLEANUP_IDENTITY struct identity identity = {0};
	const struct source source = {.kind = SOURCE_DESCRIPTOR, .descriptor = WORKER_IDENTITY};
	int r = source_load(ground->pool, &source, NULL, &identity);

	close(WORKER_IDENTITY);
	if (r < 0)
		return trouble_say_identity(settings, r);
	r = state_key_new(ground->pool, identity.host, &ground->key);
	if (r == 0)
		r = open_store_soon(settings, ground->pool, &identity, &ground->store);
	if (r == 0 && is_another_store(ground->store))
		r = -EMEDIUMTYPE;
	if (r < 0)
		return trouble_say_open(settings, r);
	standing_log(ground->store);
	return EXIT_DONE;
}

/* Without it the mount serves all the same. */
static void start_toucher(const char *path, struct ground *ground)
{
	int teller = -1;
	int r = toucher_start(path, &ground->owner, &teller);

	if (r == 0)
		r = announcer_new(teller, &ground->announcer);
	if (r < 0)
		log_line(LOG_WARNING, "who watches files is not told what others change: %s",
			 strerror(-r));
}

static enum exit_code ground_init(const struct daemon_options *options, struct ground *ground)
{
	const struct settings *settings = options->settings;
	enum exit_code code = load_catalogue(settings, &ground->catalogue);

	if (code == EXIT_DONE)
		code = find_owner(settings, &ground->owner);
	if (code != EXIT_DONE)
		return code;
	/* Before there is a secret that it would take along. */
	start_toucher(options->path, ground);
	if (secret_pool_new(settings->memory, &ground->pool) < 0)
		return command_fail(EXIT_MEMORY,
				    "memory cannot be locked: raise the limit (ulimit -l, "
				    "LimitMEMLOCK=)");
	return open_store(settings, ground);
}

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
	static const int taken[] = {SIGTERM, SIGUSR2};
	static const int ignored[] = {SIGINT, SIGHUP, SIGPIPE};
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

		stopping = stopping || signal == SIGTERM;
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

/* Tell the supervisor that this worker could begin, and wait until it may. */
static int wait_for_turn(void)
{
	char word = WORKER_READY;
	ssize_t size;

	if (send(WORKER_CONTROL, &word, 1, MSG_NOSIGNAL) != 1)
		return -errno;
	do
		size = recv(WORKER_CONTROL, &word, 1, 0);
	while (size < 0 && errno == EINTR);
	return size == 1 && word == WORKER_GO ? 0 : -ECANCELED;
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
	r = wait_for_turn();
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
			},
		.announcer = TAKE_PTR(ground->announcer),
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
	code = ground_init(options, &ground);
	if (code == EXIT_DONE)
		code = serve_tree(options, &ground);
	return code;
}
