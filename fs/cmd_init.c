#include <argp.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/command.h"
#include "fs/harden.h"
#include "store/store.h"

enum { KEY_NO_RECOVERY = 0x100, KEY_JOIN, POOL = 1 << 20 };

struct options {
	bool no_recovery;
	bool join;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	(void)argument;
	switch (key) {
	case KEY_NO_RECOVERY:
		options->no_recovery = true;
		return 0;
	case KEY_JOIN:
		options->join = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option argp_options[] = {
	{"no-recovery", KEY_NO_RECOVERY, NULL, 0,
	 "Make no recovery phrase: without the identity file the store is lost", 0},
	{"join", KEY_JOIN, NULL, 0,
	 "Make an identity for a store that exists: it opens nothing until a manager adds it", 0},
	{0},
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.doc = "Create the store, this host's identity and a recovery phrase, which is shown once.",
};

/* What was made so far; all of it goes again unless everything could be made. */
struct making {
	const struct settings *settings;
	struct secret_pool *pool;
	char *directories[2];
	bool join, identity, store, pins, done;
};

static void making_end(struct making *making)
{
	if (!making->done && making->store)
		store_remove(making->settings->store_path, making->settings->store_pins);
	if (!making->done && making->pins)
		unlink(making->settings->store_pins);
	if (!making->done && making->identity)
		unlink(making->settings->store_identity);
	for (size_t i = 2; i-- > 0; free(making->directories[i])) {
		if (!making->done && making->directories[i])
			rmdir(making->directories[i]);
	}
}

static enum exit_code fail(const char *path, int error)
{
	return command_fail(error == -EEXIST ? EXIT_EXISTS : EXIT_OTHER, "cannot create %s: %s",
			    path, strerror(-error));
}

static enum exit_code make_parent(const char *path, char **ret_made)
{
	CLEANUP_FREE char *copy = strdup(path);
	const char *directory = copy ? dirname(copy) : NULL;
	char *made = directory ? strdup(directory) : NULL;

	if (made && mkdir(made, 0700) == 0) {
		*ret_made = made;
		return EXIT_DONE;
	}
	free(made);
	if (!made)
		return fail(path, -ENOMEM);
	return errno == EEXIST ? EXIT_DONE : fail(directory, -errno);
}

static const char *existing(const struct settings *settings, bool join)
{
	const char *paths[] = {settings->store_path, settings->store_identity,
			       settings->store_pins};
	struct stat st;

	for (size_t i = join ? 1 : 0; i < sizeof paths / sizeof paths[0]; i++) {
		if (lstat(paths[i], &st) == 0)
			return paths[i];
	}
	return NULL;
}

static int write_all(const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	while (size) {
		const ssize_t written = write(STDOUT_FILENO, at, size);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			at += written;
			size -= (size_t)written;
		}
	}
	return 0;
}

/* Straight from locked memory: stdio would keep a copy. */
static int show_phrase(struct secret_pool *pool, const struct recipient *recovery)
{
	static const char before[] =
		"Recovery phrase, shown this once. Write it on paper: it opens the store when this "
		"host's\nidentity is lost, and it opens it for anybody who has it.\n\n    ";
	CLEANUP_SECRET struct secret *phrase = NULL;
	int r = recipient_phrase(recovery, pool, &phrase);

	if (r < 0)
		return r;
	r = write_all(before, sizeof before - 1);
	if (r == 0)
		r = write_all(secret_view(phrase), secret_size(phrase));
	return r < 0 ? r : write_all("\n", 1);
}

static int generate(struct secret_pool *pool, bool no_recovery, struct identity *identity,
		    struct recipient **ret_recovery)
{
	int r = recipient_generate(pool, &identity->host);

	if (r < 0 || no_recovery)
		return r;
	r = recipient_generate(pool, ret_recovery);
	if (r < 0)
		return r;
	identity->recovery = *recipient_public(*ret_recovery);
	identity->has_recovery = true;
	return 0;
}

static enum exit_code make_pins(struct making *making, const struct identity *identity)
{
	const char *path = making->settings->store_pins;
	int r = pins_create(path, identity->host);

	making->pins = r == 0;
	return r < 0 ? fail(path, r) : EXIT_DONE;
}

static enum exit_code make_files(struct making *making, const struct identity *identity)
{
	const struct settings *settings = making->settings;
	int r = identity_save(settings->store_identity, identity);

	if (r < 0)
		return fail(settings->store_identity, r);
	making->identity = true;
	if (making->join)
		return make_pins(making, identity);
	r = store_create(settings->store_path, settings->store_pins, identity);
	if (r < 0)
		return command_fail(r == -EEXIST ? EXIT_EXISTS : EXIT_OTHER,
				    "cannot create %s, and %s for its organisations: %s",
				    settings->store_path, settings->store_pins, strerror(-r));
	making->store = true;
	return EXIT_DONE;
}

static enum exit_code report(const struct making *making, const struct recipient *recovery)
{
	const struct settings *settings = making->settings;
	int r = recovery ? show_phrase(making->pool, recovery) : 0;

	if (r == 0 && (printf("%s%s%sdentity %s created.\n", making->join ? "" : "Store ",
			      making->join ? "" : settings->store_path,
			      making->join ? "I" : " and i", settings->store_identity) < 0 ||
		       fflush(stdout) != 0))
		r = -errno;
	return r < 0 ? command_fail(EXIT_OTHER, "nothing was created: cannot write to stdout: %s",
				    strerror(-r))
		     : EXIT_DONE;
}

static enum exit_code create(const struct settings *settings, struct secret_pool *pool,
			     const struct options *options)
{
	CLEANUP(making_end)
	struct making making = {.settings = settings, .pool = pool, .join = options->join};
	CLEANUP(recipient_freep) struct recipient *recovery = NULL;
	CLEANUP_IDENTITY struct identity identity = {0};
	enum exit_code code = make_parent(settings->store_path, &making.directories[0]);
	int r;

	if (code == EXIT_DONE)
		code = make_parent(settings->store_identity, &making.directories[1]);
	if (code != EXIT_DONE)
		return code;
	r = generate(pool, options->no_recovery, &identity, &recovery);
	if (r < 0)
		return command_fail(EXIT_OTHER, "cannot make keys: %s", strerror(-r));
	code = make_files(&making, &identity);
	if (code == EXIT_DONE)
		code = report(&making, recovery);
	making.done = code == EXIT_DONE;
	return code;
}

enum exit_code cmd_init(const char *configuration, int count, char **arguments)
{
	CLEANUP(settings_freep) struct settings *settings = NULL;
	CLEANUP(secret_pool_freep) struct secret_pool *pool = NULL;
	struct options options = {0};
	enum exit_code code;
	const char *there;
	int r;

	code = command_parse(&argp, 0, count, arguments, &options);
	if (code == EXIT_DONE)
		code = command_settings(configuration, &settings);
	if (code != EXIT_DONE)
		return code;
	there = existing(settings, options.join);
	if (there)
		return command_fail(EXIT_EXISTS, "%s exists already: nothing was changed", there);
	if (options.join && access(settings->store_path, F_OK) < 0)
		return command_fail(EXIT_NO_STORE, "%s: %s", settings->store_path, strerror(errno));
	r = harden_process();
	if (r < 0)
		return command_fail(EXIT_OTHER, "cannot give up core dumps: %s", strerror(-r));
	if (secret_pool_new(POOL, &pool) < 0)
		return command_fail(EXIT_MEMORY, "memory cannot be locked: raise the limit for "
						 "locked memory (ulimit -l)");
	return create(settings, pool, &options);
}
