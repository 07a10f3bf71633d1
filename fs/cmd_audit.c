/*
 * credfs audit: shows the audit logs that the caller may read, through the mount and with his own
 * rights. With --verify and --archive it looks after their files, as root.
 */
#include <argp.h>
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "fs/audit_filter.h"
#include "fs/audit_keep.h"
#include "fs/audit_reader.h"
#include "fs/audit_table.h"
#include "fs/command.h"
#include "fs/mountpoint.h"
#include "store/clock.h"

enum { KEY_USER = 256, KEY_PATH, KEY_OP, KEY_RESULT, KEY_SINCE, KEY_VERIFY, KEY_ARCHIVE, KEY_DIR };

struct options {
	struct audit_filter filter;
	const char *organisation;
	const char *archive;
	const char *directory;
	bool follow, json, verify;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'f':
		options->follow = true;
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case KEY_USER:
		options->filter.user = argument;
		return 0;
	case KEY_PATH:
		options->filter.path = argument;
		return 0;
	case KEY_OP:
		options->filter.operation = argument;
		return 0;
	case KEY_RESULT:
		options->filter.result = argument;
		return 0;
	case KEY_SINCE:
		if (audit_filter_since(argument, clock_now(), options->filter.since) < 0)
			argp_error(state, "not a time: %s", argument);
		return 0;
	case KEY_VERIFY:
		options->verify = true;
		return 0;
	case KEY_ARCHIVE:
		options->archive = argument;
		return 0;
	case KEY_DIR:
		options->directory = argument;
		return 0;
	case ARGP_KEY_END:
		if (options->directory && !options->verify)
			argp_error(state, "--directory goes with --verify");
		return 0;
	default:
		return command_argument_optional(key, argument, state, &options->organisation);
	}
}

static const struct argp_option argp_options[] = {
	{"follow", 'f', NULL, 0, "Go on showing what comes", 1},
	{"json", 'j', NULL, 0, "Print the lines as they are, one JSON object each", 1},
	{"user", KEY_USER, "USER", 0, "Only what this user did, by name or number", 2},
	{"path", KEY_PATH, "GLOB", 0, "Only at paths that match: 'orgs/acme/*/api_key'", 2},
	{"op", KEY_OP, "OPERATION", 0, "Only read, save, delete, role, ...", 2},
	{"result", KEY_RESULT, "RESULT", 0, "Only ok, EACCES, ...; `refused` is all but ok", 2},
	{"since", KEY_SINCE, "TIME", 0, "From 2026-01-31, 2026-01-31T12:00 (UTC), or 2h ago on", 2},
	{"verify", KEY_VERIFY, NULL, 0, "Prove chain and signatures of the files (root)", 3},
	{"directory", KEY_DIR, "DIR", 0, "With --verify: of these files, as --archive leaves them",
	 3},
	{"archive", KEY_ARCHIVE, "DIR", 0, "Move all finished segments below DIR (root)", 3},
	{0},
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "[ORGANISATION]",
	.doc = "Show who read or changed what: of one organisation, or of every one whose audit "
	       "log you may read.",
};

/* The logs that are shown, and how. */
struct showing {
	const struct options *options;
	struct audit_reader **readers;
	size_t count;
	struct audit_table *table; /* NULL: lines as they are */
	int trouble;		   /* -errno of the last log that could not be opened */
};

static void showing_done(struct showing *showing)
{
	for (size_t i = 0; i < showing->count; i++)
		audit_reader_close(showing->readers[i]);
	free(showing->readers);
	audit_table_free(showing->table);
}

static int add_log(struct showing *showing, const char *mount, const char *organisation)
{
	struct audit_reader **readers =
		reallocarray(showing->readers, showing->count + 1, sizeof(struct audit_reader *));
	CLEANUP_FREE char *path = NULL;
	int r;

	if (!readers)
		return -ENOMEM;
	showing->readers = readers;
	if (asprintf(&path, "%s/orgs/%s/audit.log", mount, organisation) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = audit_reader_open(path, &readers[showing->count]);
	if (r == 0)
		showing->count++;
	else
		showing->trouble = r;
	return r == -ENOMEM ? r : 0;
}

static int add_mount(void *context, const char *mount)
{
	struct showing *showing = context;
	CLEANUP_FREE char *path = NULL;
	struct dirent **entries = NULL;
	int count, r = 0;

	if (showing->options->organisation)
		return add_log(showing, mount, showing->options->organisation);
	if (asprintf(&path, "%s/orgs", mount) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	count = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		CLEANUP_FREE struct dirent *entry = entries[i];

		if (r == 0 && entry->d_name[0] != '.')
			r = add_log(showing, mount, entry->d_name);
	}
	free(entries);
	return r;
}

static int show_line(struct showing *showing, const char *line, size_t size)
{
	CLEANUP_AUDIT_PARTS struct audit_parts parts = {0};
	int r = audit_filter_take(&showing->options->filter, line, size, &parts);

	if (r <= 0)
		return r == -EBADMSG ? 0 : r;
	if (showing->table)
		return audit_table_add(showing->table, &parts);
	return fwrite(line, 1, size, stdout) == size ? 0 : -EIO;
}

/* All that there is now. */
static int show(struct showing *showing)
{
	const char *line;
	size_t size;
	int r = 0;

	for (size_t i = 0; r == 0 && i < showing->count; i++) {
		while ((r = audit_reader_next(showing->readers[i], &line, &size)) > 0) {
			r = show_line(showing, line, size);
			if (r < 0)
				break;
		}
	}
	if (r == 0 && showing->table)
		r = audit_table_print(showing->table);
	return r == 0 && fflush(stdout) != 0 ? -EIO : r;
}

static int follow(struct showing *showing)
{
	const struct timespec moment = {.tv_nsec = 250000000};
	int r;

	do {
		r = show(showing);
	} while (r == 0 && showing->options->follow && nanosleep(&moment, NULL) == 0);
	return r;
}

static enum exit_code show_logs(const struct options *options)
{
	CLEANUP(showing_done) struct showing showing = {.options = options};
	int r = mountpoint_each(add_mount, &showing);

	if (r == 0 && !options->json)
		r = audit_table_new(&showing.table);
	if (r == 0 && !showing.count) {
		if (options->organisation && showing.trouble)
			return command_fail(EXIT_OTHER, "the audit log of %s cannot be read: %s",
					    options->organisation, strerror(-showing.trouble));
		return command_fail(EXIT_OTHER, "there is no audit log that you may read");
	}
	if (r == 0)
		r = follow(&showing);
	return r < 0 ? command_fail(EXIT_OTHER, "cannot show the audit log: %s", strerror(-r))
		     : EXIT_DONE;
}

enum exit_code cmd_audit(const char *configuration, int count, char **arguments)
{
	CLEANUP(settings_freep) struct settings *settings = NULL;
	struct options options = {.follow = false};
	struct audit_keep keep;
	enum exit_code code;

	code = command_parse(&argp, 0, count, arguments, &options);
	if (code != EXIT_DONE)
		return code;
	if (!options.verify && !options.archive) {
		code = command_named_settings(configuration);
		return code == EXIT_DONE ? show_logs(&options) : code;
	}
	code = command_settings(configuration, &settings);
	if (code != EXIT_DONE)
		return code;
	keep = (struct audit_keep){settings, options.organisation, options.directory};
	if (options.verify)
		code = audit_keep_verify(&keep);
	if (code == EXIT_DONE && options.archive)
		code = audit_keep_archive(&keep, options.archive);
	return code;
}
