#include <argp.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/command.h"
#include "fs/harden.h"
#include "store/store.h"

enum { KEY_NO_RECOVERY = 0x100, POOL = 1 << 20 };

struct options {
	bool no_recovery;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	(void)argument;
	if (key != KEY_NO_RECOVERY)
		return ARGP_ERR_UNKNOWN;
	options->no_recovery = true;
	return 0;
}

static const struct argp_option argp_options[] = {
	{"no-recovery", KEY_NO_RECOVERY, NULL, 0,
	 "Make no recovery phrase: without the identity file the store is lost", 0},
	{0},
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.doc = "Create the store, this host's identity and a recovery phrase, which is shown once.",
};

static int make_parent(const char *path)
{
	CLEANUP_FREE char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	return mkdir(dirname(copy), 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static const char *existing(const struct settings *settings)
{
	const char *paths[] = {settings->store_path, settings->store_identity,
			       settings->store_pins};
	struct stat st;

	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		if (lstat(paths[i], &st) == 0)
			return paths[i];
	}
	return NULL;
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
	if (write(STDOUT_FILENO, before, sizeof before - 1) < 0 ||
	    write(STDOUT_FILENO, secret_view(phrase), secret_size(phrase)) < 0 ||
	    write(STDOUT_FILENO, "\n", 1) < 0)
		return -errno;
	return 0;
}

static int create(const struct settings *settings, struct secret_pool *pool, bool no_recovery)
{
	CLEANUP_IDENTITY struct identity identity = {0};
	CLEANUP(recipient_freep) struct recipient *recovery = NULL;
	int r = recipient_generate(pool, &identity.host);

	if (r == 0 && !no_recovery)
		r = recipient_generate(pool, &recovery);
	if (r == 0 && recovery) {
		identity.recovery = *recipient_public(recovery);
		identity.has_recovery = true;
	}
	if (r == 0)
		r = identity_save(settings->store_identity, &identity);
	if (r < 0)
		return r;
	r = store_create(settings->store_path, settings->store_pins, &identity);
	if (r == 0 && recovery)
		r = show_phrase(pool, recovery);
	if (r < 0)
		unlink(settings->store_identity);
	return r;
}

enum exit_code cmd_init(const char *configuration, int count, char **arguments)
{
	CLEANUP(settings_freep) struct settings *settings = NULL;
	CLEANUP(secret_pool_freep) struct secret_pool *pool = NULL;
	struct options options = {0};
	enum exit_code code;
	const char *there;
	int r;

	argp_parse(&argp, count, arguments, 0, NULL, &options);
	code = command_settings(configuration, &settings);
	if (code != EXIT_DONE)
		return code;
	there = existing(settings);
	if (there)
		return command_fail(EXIT_EXISTS, "%s exists already: nothing was changed", there);
	r = harden_process();
	if (r == 0)
		r = make_parent(settings->store_path);
	if (r == 0)
		r = make_parent(settings->store_identity);
	if (r < 0)
		return command_fail(EXIT_OTHER, "cannot prepare %s: %s", settings->store_path,
				    strerror(-r));
	if (secret_pool_new(POOL, &pool) < 0)
		return command_fail(EXIT_MEMORY, "memory cannot be locked: raise the limit for "
						 "locked memory (ulimit -l)");
	r = create(settings, pool, options.no_recovery);
	if (r < 0)
		return command_fail(r == -EEXIST ? EXIT_EXISTS : EXIT_OTHER,
				    "cannot create %s and %s: %s", settings->store_path,
				    settings->store_identity, strerror(-r));
	printf("Store %s and identity %s created.\n", settings->store_path,
	       settings->store_identity);
	return EXIT_DONE;
}
