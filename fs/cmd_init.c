#include <argp.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/command.h"
#include "fs/phrase.h"
#include "fs/unlock.h"
#include "store/source.h"
#include "store/store.h"

enum { POOL = 1 << 20 };

struct options {
	bool no_recovery, recovery, unconfirmed, passphrase, join;
};

enum { KEY_NO_RECOVERY = 0x100, KEY_RECOVERY, KEY_UNCONFIRMED, KEY_PASSPHRASE, KEY_JOIN };

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	(void)argument;
	switch (key) {
	case KEY_NO_RECOVERY:
		options->no_recovery = true;
		return 0;
	case KEY_RECOVERY:
		options->recovery = true;
		return 0;
	case KEY_UNCONFIRMED:
		options->unconfirmed = true;
		return 0;
	case KEY_PASSPHRASE:
		options->passphrase = true;
		return 0;
	case KEY_JOIN:
		options->join = true;
		return 0;
	case ARGP_KEY_END:
		if (options->recovery && options->no_recovery)
			argp_error(state, "--recovery and --no-recovery exclude each other");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option argp_options[] = {
	{"passphrase", KEY_PASSPHRASE, NULL, 0,
	 "Seal this host's identity with a passphrase, which is asked for, here and whenever it is "
	 "opened",
	 0},
	{"recovery", KEY_RECOVERY, NULL, 0,
	 "Ask for a recovery phrase that there is, and make no other", 0},
	{"no-recovery", KEY_NO_RECOVERY, NULL, 0,
	 "Make no recovery phrase: without the identity the store is lost", 0},
	{"unconfirmed", KEY_UNCONFIRMED, NULL, 0,
	 "Show the recovery phrase without having it typed back", 0},
	{"join", KEY_JOIN, NULL, 0,
	 "Make an identity for a store that exists: it opens nothing until a manager adds it", 0},
	{0},
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.doc = "Create the store, this host's identity and a recovery phrase, which is shown once "
	       "and "
	       "has to be typed back.\v"
	       "Where stdin is no terminal, each answer is a line of it: the passphrase first, "
	       "then "
	       "the recovery phrase.",
};

/* What was made so far; all of it goes again unless everything could be made. */
struct making {
	const struct settings *settings;
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

/* What the identity is made of, until it is in its file. */
struct keys {
	struct unlocked unlocked;
	struct recipient *recovery; /* one that is new */
	struct secret *passphrase;  /* NULL: none */
};

static void keys_done(struct keys *keys)
{
	secret_free(keys->passphrase);
	recipient_free(keys->recovery);
	unlocked_done(&keys->unlocked);
}

/* The one that there is, or one that is shown. */
static enum exit_code choose_recovery(const struct options *options, struct keys *keys)
{
	struct secret_pool *pool = keys->unlocked.pool;
	struct identity *identity = &keys->unlocked.identity;
	CLEANUP_IDENTITY struct identity known = {0};
	enum exit_code code = EXIT_DONE;

	if (options->no_recovery)
		return EXIT_DONE;
	if (options->recovery)
		code = unlock_phrase(pool, &known);
	else if (recipient_generate(pool, &keys->recovery) < 0)
		code = command_fail(EXIT_OTHER, "cannot make keys");
	else
		code = phrase_show(pool, keys->recovery, !options->unconfirmed);
	if (code != EXIT_DONE)
		return code;
	identity->recovery = keys->recovery ? *recipient_public(keys->recovery) : known.recovery;
	identity->has_recovery = true;
	return EXIT_DONE;
}

static enum exit_code choose_keys(const struct options *options, struct keys *keys)
{
	enum exit_code code = unlock_nothing(POOL, &keys->unlocked);
	int r;

	if (code == EXIT_DONE && options->passphrase)
		code = unlock_new_passphrase(keys->unlocked.pool, &keys->passphrase);
	if (code != EXIT_DONE)
		return code;
	r = recipient_generate(keys->unlocked.pool, &keys->unlocked.identity.host);
	if (r < 0)
		return command_fail(EXIT_OTHER, "cannot make keys: %s", strerror(-r));
	return choose_recovery(options, keys);
}

static enum exit_code make_pins(struct making *making, const struct identity *identity)
{
	const char *path = making->settings->store_pins;
	int r = pins_create(path, identity->host);

	making->pins = r == 0;
	return r < 0 ? fail(path, r) : EXIT_DONE;
}

static int make_identity(const char *path, const struct keys *keys)
{
	const struct identity *identity = &keys->unlocked.identity;
	const struct passphrase_cost cost = passphrase_cost_new();
	CLEANUP_SECRET struct secret *text = NULL;
	int r = keys->passphrase ? identity_format_sealed(identity, keys->passphrase, &cost, &text)
				 : identity_format(identity, &text);

	return r < 0 ? r : identity_save(path, text);
}

static enum exit_code make_files(struct making *making, const struct keys *keys)
{
	const struct settings *settings = making->settings;
	const struct identity *identity = &keys->unlocked.identity;
	int r = make_identity(settings->store_identity, keys);

	if (r == -ENOMEM)
		return command_fail(EXIT_MEMORY,
				    "cannot create %s: there is not enough memory; a "
				    "passphrase takes %d MiB",
				    settings->store_identity, PASSPHRASE_MEBIBYTES);
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

static enum exit_code report(const struct making *making)
{
	const struct settings *settings = making->settings;

	if (printf("%s%s%sdentity %s created.\n", making->join ? "" : "Store ",
		   making->join ? "" : settings->store_path, making->join ? "I" : " and i",
		   settings->store_identity) < 0 ||
	    fflush(stdout) != 0)
		return command_fail(EXIT_OTHER, "nothing was created: cannot write to stdout: %s",
				    strerror(errno));
	return EXIT_DONE;
}

static enum exit_code create(const struct settings *settings, const struct options *options)
{
	CLEANUP(making_end) struct making making = {.settings = settings, .join = options->join};
	CLEANUP(keys_done) struct keys keys = {0};
	enum exit_code code = choose_keys(options, &keys);

	if (code == EXIT_DONE)
		code = make_parent(settings->store_path, &making.directories[0]);
	if (code == EXIT_DONE)
		code = make_parent(settings->store_identity, &making.directories[1]);
	if (code == EXIT_DONE)
		code = make_files(&making, &keys);
	if (code == EXIT_DONE)
		code = report(&making);
	making.done = code == EXIT_DONE;
	return code;
}

/* Whether there is a place for what is to be made, and nothing in it. */
static enum exit_code check(const struct settings *settings, bool join)
{
	const char *there;
	struct source source;

	if (source_parse(settings->store_identity, &source) < 0 || source.kind != SOURCE_FILE)
		return command_fail(EXIT_CONFIGURATION,
				    "%s: an identity is made in a file: let [store] identity name "
				    "one, and encrypt that for the service afterwards",
				    settings->store_identity);
	there = existing(settings, join);
	if (there)
		return command_fail(EXIT_EXISTS, "%s exists already: nothing was changed", there);
	if (join && access(settings->store_path, F_OK) < 0)
		return command_fail(EXIT_NO_STORE, "%s: %s", settings->store_path, strerror(errno));
	return EXIT_DONE;
}

enum exit_code cmd_init(const char *configuration, int count, char **arguments)
{
	CLEANUP(settings_freep) struct settings *settings = NULL;
	struct options options = {0};
	enum exit_code code = command_parse(&argp, 0, count, arguments, &options);

	if (code == EXIT_DONE)
		code = command_settings(configuration, &settings);
	if (code == EXIT_DONE)
		code = check(settings, options.join);
	return code == EXIT_DONE ? create(settings, &options) : code;
}
