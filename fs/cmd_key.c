/*
 * credfs key: who can open an organisation, and its key. Works on the store itself, beside a daemon
 * that has it mounted and takes the changes over within a second or two. Public keys come from the
 * operator's hand, never from the store.
 */
#include <argp.h>
#include <string.h>

#include "fs/key_work.h"
#include "fs/progress.h"
#include "fs/trouble.h"
#include "store/rescue.h"

enum { POOL = 8 << 20 };
enum { KEY_ORG = 0x100, KEY_CAN, KEY_RECOVERY, KEY_REMOVE };

static void key_work_done(struct key_work *work)
{
	store_close(work->store);
	unlocked_done(&work->unlocked);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct key_options *options = state->input;

	switch (key) {
	case KEY_ORG:
		options->org = argument;
		return 0;
	case KEY_CAN:
		options->can = argument;
		return 0;
	case KEY_RECOVERY:
		options->recovery = true;
		return 0;
	case KEY_REMOVE:
		options->remove = true;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num >= KEY_ARGUMENTS_MAX)
			argp_usage(state);
		options->arguments[options->count++] = argument;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option argp_options[] = {
	{"org", KEY_ORG, "ORG", 0, "The organisation, by the name it has on this host", 0},
	{"can", KEY_CAN, "WHAT", 0,
	 "read: open values; write: also change values and accounts; manage: also roles, links, "
	 "projects and members",
	 0},
	{"recovery", KEY_RECOVERY, NULL, 0,
	 "Open the store with the recovery phrase, which is asked for, and not with this host's "
	 "identity",
	 0},
	{"remove", KEY_REMOVE, NULL, 0,
	 "With passphrase: take it away, so that whoever has the file has the key", 0},
	{0},
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "show\n"
		    "list [ORG]\n"
		    "add PUBLIC --org ORG --can read|write|manage\n"
		    "remove PUBLIC|ID --org ORG\n"
		    "rotate ORG\n"
		    "exposure PUBLIC|ID [--org ORG]\n"
		    "pin ORG FINGERPRINT\n"
		    "passphrase [--remove]",
	.doc = "Show and change who can open an organisation, and change its key.\v"
	       "`show` prints this host's public key, to be given to who manages an organisation; "
	       "he adds it, and tells the fingerprint that `list` shows, with which `pin` makes "
	       "the organisation appear here. `add` also changes what a member may do. `remove` "
	       "and `rotate` begin a new key at once and seal everything under it anew; what the "
	       "removed one could read until then `exposure` lists, to be revoked at the "
	       "providers: no new key takes it back. `passphrase` seals this host's identity with "
	       "another passphrase, or with one if it had none; with --remove the file holds the "
	       "key as it is again, for whoever has the file. With --recovery, `list`, `add`, "
	       "`remove`, `rotate` and `exposure` need no identity: so a host that has lost its "
	       "own is replaced by another one.",
};

/* How a verb wants the store. */
enum key_store { STORE_NONE, STORE_JOINED, STORE_ALONE };

static const struct verb {
	const char *name;
	unsigned least, most; /* arguments, its own name included */
	enum key_store store;
	enum exit_code (*run)(struct key_work *work);
	bool removes;					      /* takes --remove */
	enum exit_code (*check)(const struct key_work *work); /* NULL, or first of all */
} verbs[] = {
	{"show", 1, 1, STORE_NONE, key_show, false, NULL},
	{"list", 1, 2, STORE_JOINED, key_list, false, NULL},
	{"add", 2, 2, STORE_JOINED, key_add, false, NULL},
	{"remove", 2, 2, STORE_JOINED, key_remove, false, NULL},
	{"rotate", 2, 2, STORE_JOINED, key_rotate, false, NULL},
	{"exposure", 2, 2, STORE_JOINED, key_exposure, false, NULL},
	/* It writes the list that a daemon holds in memory. */
	{"pin", 3, 3, STORE_ALONE, key_pin, false, NULL},
	{"passphrase", 1, 1, STORE_NONE, key_passphrase, true, key_passphrase_check},
};

static bool is_allowed(const struct verb *verb, const struct key_options *options)
{
	return (!options->recovery || verb->store == STORE_JOINED) &&
	       (!options->remove || verb->removes);
}

static const struct verb *find_verb(const struct key_options *options)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (strcmp(options->arguments[0], verbs[i].name) == 0 &&
		    options->count >= verbs[i].least && options->count <= verbs[i].most)
			return &verbs[i];
	}
	return NULL;
}

/* All of it is verified, because nothing is known of it. */
static enum exit_code rescue(struct key_work *work)
{
	const char *path = work->settings->store_path;
	struct unlocked *unlocked = &work->unlocked;
	enum exit_code code = unlock_recovery(POOL, unlocked);
	CLEANUP_PROGRESS struct progress progress;
	const struct survey_watch watch = {.watch = progress_tell, .context = &progress};
	int r;

	progress_init(&progress, "verifying");
	if (code != EXIT_DONE)
		return code;
	work->public = *recipient_public(unlocked->identity.host);
	r = rescue_join(unlocked->pool, path, &unlocked->identity, &watch, &work->store);
	if (r == -EKEYREJECTED)
		return command_fail(EXIT_PASSPHRASE, "nothing in %s is for this recovery phrase",
				    path);
	if (r == -ECANCELED)
		return command_fail(EXIT_OTHER, "interrupted");
	return r < 0 ? trouble_say(TROUBLE_STORE, path, r) : EXIT_DONE;
}

static enum exit_code prepare(struct key_work *work, enum key_store wanted)
{
	const struct settings *settings = work->settings;
	struct unlocked *unlocked = &work->unlocked;
	enum exit_code code = unlock(settings, POOL, unlocked);
	int r;

	if (code != EXIT_DONE)
		return code;
	work->public = *recipient_public(unlocked->identity.host);
	if (wanted == STORE_NONE)
		return EXIT_DONE;
	r = wanted == STORE_JOINED
		    ? store_join(unlocked->pool, settings->store_path, settings->store_pins,
				 &unlocked->identity, &work->store)
		    : store_open(unlocked->pool, settings->store_path, settings->store_pins,
				 &unlocked->identity, &work->store);
	return r < 0 ? trouble_say_open(settings, r) : EXIT_DONE;
}

enum exit_code cmd_key(const char *configuration, int count, char **arguments)
{
	CLEANUP(settings_freep) struct settings *settings = NULL;
	CLEANUP(key_work_done) struct key_work work = {0};
	struct key_options options = {0};
	const struct verb *verb;
	enum exit_code code;

	code = command_parse(&argp, 0, count, arguments, &options);
	if (code != EXIT_DONE)
		return code;
	verb = find_verb(&options);
	if (!verb || !is_allowed(verb, &options))
		return command_fail(EXIT_USAGE, "see credfs key --help");
	code = command_settings(configuration, &settings);
	work.options = &options;
	work.settings = settings;
	if (code == EXIT_DONE && verb->check)
		code = verb->check(&work);
	if (code == EXIT_DONE)
		code = options.recovery ? rescue(&work) : prepare(&work, verb->store);
	if (code == EXIT_DONE)
		code = verb->run(&work);
	if (work.store && verb->store == STORE_JOINED)
		(void)!store_tidy(work.store); /* a daemon does it too */
	return code;
}
