/*
 * credfs restore: shows what would be accepted and what would be lost, and asks. Nothing of it
 * happens by itself, because the one who can put an old store in place is also the one whom the
 * marks are there to find out.
 */
#include <argp.h>
#include <inttypes.h>
#include <string.h>

#include "fs/command.h"
#include "fs/progress.h"
#include "fs/text.h"
#include "fs/trouble.h"
#include "fs/unlock.h"
#include "store/restore.h"

struct options {
	bool yes, damaged;
	const char *file;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'y':
		options->yes = true;
		return 0;
	case 'd':
		options->damaged = true;
		return 0;
	default:
		return command_argument_optional(key, argument, state, &options->file);
	}
}

static const struct argp_option argp_options[] = {
	{"yes", 'y', NULL, 0, "Do not ask", 0},
	{"damaged", 'd', NULL, 0, "Go on also if part of it is damaged", 0},
	{0},
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "[FILE]",
	.doc = "Put the backup FILE in the store's place; without FILE, accept the store as it is. "
	       "Shows first which changes this host has seen that would be lost, and asks.\v"
	       "The store must not be mounted. Needed after a backup was put back in any way, and "
	       "when the list beside the identity is missing, which remembers what this host has "
	       "seen: if neither is the case and credfs mount complains, somebody may have "
	       "exchanged the store. The former store is kept beside the new one: remove it when "
	       "all is well.",
};

static void print_mark(const struct mark *mark)
{
	printf("generation %" PRIu64 " of ", mark->generation);
	text_time(stdout, mark->time);
}

static void print_loss(const struct restore_loss *loss)
{
	if (!loss->counted) {
		if (loss->since)
			printf("; generations %" PRIu64 " to %" PRIu64 " are lost", loss->since,
			       loss->until);
		return;
	}
	printf("; %zu changes are lost: generations %" PRIu64 " to %" PRIu64 ", of ", loss->changes,
	       loss->since, loss->until);
	text_time(stdout, loss->first);
	fputs(" to ", stdout);
	text_time(stdout, loss->last);
}

static void print_holds(const struct survey_org *org)
{
	fputs("holds, at ", stdout);
	print_mark(&org->found);
}

static void print_behind(const struct survey_org *org)
{
	fputs("goes back to ", stdout);
	print_mark(&org->found);
	fputs(", seen here: ", stdout);
	print_mark(&org->seen);
}

static void print_branched(const struct survey_org *org)
{
	fputs("is another branch, at ", stdout);
	print_mark(&org->found);
	fputs(", seen here: ", stdout);
	print_mark(&org->seen);
}

static void print_gone(const struct survey_org *org)
{
	fputs("is missing and will be forgotten, seen here: ", stdout);
	print_mark(&org->seen);
}

static void print_new(const struct survey_org *org)
{
	fputs("is new here and will be trusted, at ", stdout);
	print_mark(&org->found);
}

static void print_foreign(const struct survey_org *org)
{
	(void)org;
	fputs("is not for this host's identity and stays unseen", stdout);
}

static void print_broken(const struct survey_org *org)
{
	printf("cannot be read (%s), its log verifies up to generation %" PRIu64,
	       strerror(-org->error), org->found.generation);
}

static void (*const print_standing[])(const struct survey_org *org) = {
	[SURVEY_HOLDS] = print_holds,	    [SURVEY_BEHIND] = print_behind,
	[SURVEY_BRANCHED] = print_branched, [SURVEY_GONE] = print_gone,
	[SURVEY_NEW] = print_new,	    [SURVEY_FOREIGN] = print_foreign,
	[SURVEY_BROKEN] = print_broken,
};

static void print_org(const struct restore *restore, size_t index)
{
	const struct survey_org *org = &restore_survey(restore)->orgs[index];
	const bool put_back = org->standing == SURVEY_BEHIND || org->standing == SURVEY_BRANCHED;

	printf("%s (", org->name ? org->name : "?");
	for (size_t i = 0; i < 8; i++)
		printf("%02x", org->fingerprint.bytes[i]);
	fputs(") ", stdout);
	print_standing[org->standing](org);
	print_loss(restore_loss(restore, index));
	if (put_back && org->can < CAN_MANAGE)
		fputs("; it stays refused: only a manager's host can accept that", stdout);
	putchar('\n');
}

static int print_finding(void *context, const struct survey_finding *finding)
{
	(void)context;
	printf("damage: %s: %s%s%s\n", finding->org ? finding->org : "?", finding->record,
	       *finding->record ? ": " : "", finding->reason);
	return 0;
}

static bool is_damaged(const struct survey *survey)
{
	for (size_t i = 0; i < survey->count; i++) {
		if (survey->orgs[i].findings || survey->orgs[i].standing == SURVEY_BROKEN)
			return true;
	}
	return false;
}

/* EXIT_DONE: go on. */
static enum exit_code ask(const struct options *options)
{
	char answer[16] = "";

	if (options->yes)
		return EXIT_DONE;
	if (!isatty(STDIN_FILENO))
		return command_fail(EXIT_UNCONFIRMED,
				    "nothing was changed: say --yes, or answer on a terminal");
	fputs("Type yes to accept this: ", stderr);
	if (fgets(answer, sizeof answer, stdin) && strcmp(answer, "yes\n") == 0)
		return EXIT_DONE;
	return command_fail(EXIT_UNCONFIRMED, "nothing was changed");
}

static enum exit_code say(const struct settings *settings, const char *path, int error)
{
	if (error == -ECANCELED)
		return command_fail(EXIT_OTHER, "interrupted: nothing was changed");
	if (!path && error == -EKEYREJECTED)
		return command_fail(EXIT_MISMATCH,
				    "nothing in it is for this host's identity: put the right "
				    "identity at %s",
				    settings->store_identity);
	if (!path)
		return command_fail(EXIT_OTHER, "%s", strerror(-error));
	if (error == -ENOENT && path != settings->store_path)
		return command_fail(EXIT_NO_STORE, "%s: no such file", path);
	return trouble_say(TROUBLE_STORE, path, error);
}

static enum exit_code look(const struct restore_place *place, const struct settings *settings,
			   const struct unlocked *unlocked, struct restore **ret)
{
	CLEANUP_PROGRESS struct progress progress;
	const struct survey_watch watch = {print_finding, progress_tell, &progress};
	const char *path = NULL;
	int r;

	progress_init(&progress, "verifying");
	r = restore_open(place, unlocked->pool, &unlocked->identity, &watch, ret, &path);
	return r < 0 ? say(settings, path, r) : EXIT_DONE;
}

static enum exit_code finish(struct restore *restore, const struct restore_place *place)
{
	CLEANUP_FREE char *kept = NULL;
	int r = restore_finish(restore, &kept);

	if (r == -ENOTRECOVERABLE)
		return command_fail(EXIT_OTHER,
				    "%s could not be written: run credfs restore again, "
				    "without a file",
				    place->pins);
	if (r < 0)
		return command_fail(r == -EBUSY ? EXIT_STORE_BUSY : EXIT_OTHER,
				    "nothing was changed: %s: %s", place->store, strerror(-r));
	if (kept)
		printf("The former store is kept as %s.\n", kept);
	return EXIT_DONE;
}

static enum exit_code decide(struct restore *restore, const struct restore_place *place,
			     const struct options *options)
{
	const struct survey *survey = restore_survey(restore);
	enum exit_code code;

	if (restore_pins_error(restore) == -ENOENT)
		printf("%s is missing: what this host has seen is not known.\n", place->pins);
	else if (restore_pins_error(restore))
		printf("%s cannot be read: what this host has seen is not known.\n", place->pins);
	for (size_t i = 0; i < survey->count; i++)
		print_org(restore, i);
	fflush(stdout);
	if (is_damaged(survey) && !options->damaged)
		return command_fail(EXIT_STORE_DAMAGED,
				    "nothing was changed: part of it is damaged; --damaged goes "
				    "on all the same");
	if (!restore_is_needed(restore)) {
		puts("Nothing to restore: the store is the one that this host has seen.");
		return EXIT_DONE;
	}
	code = ask(options);
	return code == EXIT_DONE ? finish(restore, place) : code;
}

enum exit_code cmd_restore(const char *configuration, int count, char **arguments)
{
	CLEANUP(settings_freep) struct settings *settings = NULL;
	CLEANUP_UNLOCKED struct unlocked unlocked = {0};
	CLEANUP(restore_closep) struct restore *restore = NULL;
	struct restore_place place;
	struct options options = {0};
	enum exit_code code;

	code = command_parse(&argp, 0, count, arguments, &options);
	if (code == EXIT_DONE)
		code = command_settings(configuration, &settings);
	if (code == EXIT_DONE)
		code = unlock(settings, settings->memory, &unlocked);
	if (code != EXIT_DONE)
		return code;
	place = (struct restore_place){settings->store_path, settings->store_pins, options.file};
	code = look(&place, settings, &unlocked, &restore);
	return code == EXIT_DONE ? decide(restore, &place, &options) : code;
}
