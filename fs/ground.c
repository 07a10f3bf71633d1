#include "fs/ground.h"

#include <string.h>
#include <time.h>

#include "conf/arena.h"
#include "fs/command.h"
#include "fs/confine.h"
#include "fs/inbox.h"
#include "fs/log.h"
#include "fs/possession.h"
#include "fs/privileges.h"
#include "fs/shared.h"
#include "fs/standing.h"
#include "fs/toucher.h"
#include "fs/tree.h"
#include "fs/trouble.h"
#include "fs/turn.h"
#include "fs/worker.h"
#include "store/source.h"

static enum exit_code load_catalogue(const struct daemon_options *options, struct catalogue **ret)
{
	const struct settings *settings = options->settings;
	struct conf_error error = {0};
	/* With other settings it may have become another directory's. */
	const bool copied = options->providers &&
			    strcmp(options->providers, settings->providers) == 0;
	int r = copied ? catalogue_load_copy(WORKER_PROVIDERS, ret, &error)
		       : catalogue_load(settings->providers, ret, &error);

	if (options->providers)
		close_range(WORKER_SPARE, WORKER_PROVIDERS, 0);
	if (r < 0)
		return command_fail(EXIT_CONFIGURATION, "%s:%u: %s", error.file, error.line,
				    error.text);
	if (!settings->connections)
		catalogue_drop_connections(*ret);
	return EXIT_DONE;
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

/* Everything that can be found out while the worker before still serves, is. */
static int wait_to_follow(const struct daemon_options *options)
{
	struct shared *shared = NULL;
	int r;

	if (!options->upgrade)
		return 0;
	r = shared_map(WORKER_SHARED, SHARED_PAGE, &shared);
	if (r < 0)
		return r;
	shared_unmap(shared, SHARED_PAGE);
	return turn_wait();
}

static enum exit_code open_store(const struct daemon_options *options, struct ground *ground)
{
	const struct settings *settings = options->settings;
	CLEANUP_IDENTITY struct identity identity = {0};
	const struct source source = {.kind = SOURCE_DESCRIPTOR, .descriptor = WORKER_IDENTITY};
	int r = source_load(ground->pool, &source, NULL, &identity);

	close(WORKER_IDENTITY); /* the supervisor has it for the next one */
	if (r < 0)
		return trouble_say_identity(settings, r);
	r = state_key_new(ground->pool, identity.host, &ground->key);
	if (r == 0)
		r = wait_to_follow(options);
	if (r == 0)
		r = open_store_soon(settings, ground->pool, &identity, &ground->store);
	if (r == 0 && is_another_store(ground->store))
		r = -EMEDIUMTYPE;
	if (r < 0)
		return trouble_say_open(settings, r);
	(void)standing_log(ground->store, 0, STANDING_BEFORE);
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

/* All that will ever be locked, while this process may. */
static enum exit_code set_memory_aside(const struct settings *settings, struct ground *ground)
{
	int r = secret_pool_reserve(settings->memory, &ground->pool);

	if (r == 0)
		r = arena_reserve();
	if (r == 0)
		r = inbox_new(&ground->inbox);
	if (r == 0)
		return EXIT_DONE;
	return command_fail(EXIT_MEMORY, "memory cannot be locked: raise the limit (ulimit -l, "
					 "LimitMEMLOCK=)");
}

/* The groups of who asks are found in /proc. */
static void look_at_others(void)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/task", (int)getppid());
	if (access(path, R_OK) < 0)
		log_line(LOG_WARNING, "processes of others cannot be seen in /proc (hidepid): what "
				      "somebody may as member of a group is refused him where the "
				      "daemon decides");
}

static enum exit_code drop_privileges(const struct settings *settings, const struct owner *owner)
{
	char who[OWNER_TEXT_SIZE];
	const char *path = NULL;
	int r = privileges_drop(owner);

	if (r < 0)
		return command_fail(EXIT_OTHER, "privileges cannot be given up: %s", strerror(-r));
	r = possession_check(settings, &path);
	owner_describe(owner->uid, who);
	if (r < 0)
		return command_fail(EXIT_OTHER,
				    "%s: the daemon works as %s, who must own it and the directory "
				    "it lies in: %s (README, \"Privileges\")",
				    path, who, strerror(-r));
	look_at_others();
	return EXIT_DONE;
}

static enum exit_code confine(const struct settings *settings, struct ground *ground)
{
	struct confinement confinement;
	int r = confine_worker(settings, &confinement);

	if (r == 0)
		ground->confinement = confinement_describe(&confinement, ground->owner.uid);
	if (r < 0 || !ground->confinement)
		return command_fail(EXIT_OTHER, "the worker cannot be confined: %s",
				    strerror(r < 0 ? -r : ENOMEM));
	return EXIT_DONE;
}

enum exit_code ground_init(const struct daemon_options *options, struct ground *ground)
{
	const struct settings *settings = options->settings;
	enum exit_code code = load_catalogue(options, &ground->catalogue);

	if (code == EXIT_DONE)
		code = command_owner(settings, &ground->owner);
	if (code != EXIT_DONE)
		return code;
	/* Before there is a secret that it would take along. */
	start_toucher(options->path, ground);
	code = set_memory_aside(settings, ground);
	if (code == EXIT_DONE)
		code = drop_privileges(settings, &ground->owner);
	if (code == EXIT_DONE)
		code = confine(settings, ground);
	return code == EXIT_DONE ? open_store(options, ground) : code;
}

void ground_done(struct ground *ground)
{
	ground->announcer = announcer_free(ground->announcer);
	ground->store = store_close(ground->store);
	ground->key = state_key_free(ground->key);
	ground->catalogue = catalogue_free(ground->catalogue);
	ground->inbox = inbox_free(ground->inbox);
	ground->pool = secret_pool_free(ground->pool);
	free(ground->confinement);
}
