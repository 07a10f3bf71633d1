/*
 * credfs rm: shows what would go and who uses it, asks, and removes it through the mount, with the
 * caller's rights. An organisation goes by its owner's writing its name into it (ending.h).
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/ask.h"
#include "fs/command.h"
#include "fs/inventory.h"
#include "fs/location.h"
#include "fs/orphans.h"
#include "fs/removal.h"
#include "fs/said.h"

struct options {
	bool force;
	const char *what;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	if (key != 'f')
		return command_argument(key, argument, state, &options->what);
	options->force = true;
	return 0;
}

static const struct argp_option argp_options[] = {
	{"force", 'f', NULL, 0, "Do not ask", 0},
	{0},
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "PATH",
	.doc = "Delete an account, a project, a connection, or an organisation, for good: its "
	       "values "
	       "and their history are gone, and links to it lead nowhere. Of a link, end only what "
	       "it stands for: that a project uses an account, that a connection has a "
	       "credential.\v"
	       "PATH is a path in the mount, or what `credfs list` shows: acme/openai. Shows who "
	       "uses it, and asks; for an organisation, which only its owner may delete, its name "
	       "is to be typed. Without a terminal nothing is deleted unless --force is given. "
	       "What was deleted is safe only once it is revoked at its provider. Ends with 18 "
	       "when nobody said yes.",
};

struct target {
	const char *name; /* as it was given */
	struct location location;
	char *path;
	bool link, organisation;
};

static void target_done(struct target *target)
{
	location_done(&target->location);
	free(target->path);
}

/* What goes with the organisation, and not by itself. */
static bool is_fixed(const char *rest)
{
	static const char *const names[] = {"projects", "connections", "users", "roles",
					    "audit.log"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(rest, names[i]) == 0)
			return true;
	}
	return false;
}

static enum exit_code find(const char *name, struct target *ret)
{
	int r = location_find(name, &ret->location);
	const char *rest = r < 0 ? NULL : location_in_org(ret->location.path);
	struct stat st;

	ret->name = name;
	if (r < 0)
		return location_fail(name, r);
	ret->path = location_full(ret->location.mount, ret->location.path);
	if (!ret->path)
		return command_fail(EXIT_OTHER, "out of memory");
	if (lstat(ret->path, &st) < 0)
		return command_fail(EXIT_OTHER, "%s: %s", name, strerror(errno));
	if (!rest || is_fixed(rest))
		return command_fail(EXIT_USAGE,
				    "%s: name an account, project, connection or organisation",
				    name);
	if (!S_ISLNK(st.st_mode) && !S_ISDIR(st.st_mode))
		return command_fail(EXIT_USAGE, "%s: is a file: rm(1) removes it", name);
	ret->link = S_ISLNK(st.st_mode);
	ret->organisation = !*rest;
	return EXIT_DONE;
}

static void show_lines(const char *before, const char *lines)
{
	while (lines && *lines) {
		const int length = (int)strcspn(lines, "\n");

		fprintf(stderr, "  %s%.*s\n", before, length, lines);
		lines += length;
		lines += *lines == '\n';
	}
}

/* An account, project or connection: what it says of itself, and who uses it. */
static void show_directory(const struct target *target)
{
	CLEANUP_FREE char *info = said_read(target->path, ".info");
	CLEANUP_FREE char *status = said_read(target->path, ".status");
	CLEANUP_FREE char *provider = info ? said_values(info, "provider") : NULL;
	CLEANUP_FREE char *users = status ? said_values(status, "used-by") : NULL;

	fprintf(stderr, "%s", target->location.path + strlen("orgs/"));
	fprintf(stderr, provider ? " (%s)\n" : "\n", provider);
	if (users)
		show_lines("used by ", users);
	else if (status && info)
		show_lines("", "nobody uses it");
}

static void show_link(const struct target *target)
{
	char to[4096];
	const ssize_t length = readlink(target->path, to, sizeof to - 1);

	to[length < 0 ? 0 : length] = '\0';
	fprintf(stderr, "%s -> %s\n", target->location.path + strlen("orgs/"), to);
	show_lines("", "the link goes; what it leads to stays");
}

static void ignore(void *context, const char *mount, const char *path, int error)
{
	(void)context, (void)mount, (void)path, (void)error;
}

static void show_organisation(const struct target *target)
{
	CLEANUP_INVENTORY struct inventory inventory = {.tell = ignore};
	const char *name = target->location.path + strlen("orgs/");
	size_t accounts, connections;

	if (inventory_add(&inventory, target->location.mount, name) < 0)
		return;
	accounts = inventory.counts[INVENTORY_ACCOUNT];
	connections = inventory.counts[INVENTORY_CONNECTION];
	fprintf(stderr, "%s: %zu account%s", name, accounts, accounts == 1 ? "" : "s");
	if (connections)
		fprintf(stderr, ", %zu connection%s", connections, connections == 1 ? "" : "s");
	fputc('\n', stderr);
	for (size_t i = 0; i < inventory.count; i++) {
		const struct inventory_row *row = &inventory.rows[i];
		const char *users = row->columns[COLUMN_USED_BY];
		const size_t count = said_count(users);

		fprintf(stderr, "  %s (%s)", row->columns[COLUMN_ACCOUNT],
			row->columns[COLUMN_PROVIDER] ? row->columns[COLUMN_PROVIDER] : "?");
		fprintf(stderr, count ? ", used by %zu\n" : "\n", count);
	}
}

static enum exit_code confirm(const struct target *target)
{
	if (target->organisation) {
		show_organisation(target);
		return ask("All of it is deleted for good, for every host. Type the organisation's "
			   "name:",
			   target->location.path + strlen("orgs/"));
	}
	if (target->link)
		show_link(target);
	else
		show_directory(target);
	return ask(target->link ? "End it? [y/N]" : "Delete it for good? [y/N]", "y");
}

/* Whether it could be done, so that nobody is asked in vain. */
static int may_remove(const struct target *target)
{
	CLEANUP_FREE char *path = strdup(target->path);
	CLEANUP_FREE char *ending = location_full(target->path, ".delete");

	if (!path || !ending)
		return -ENOMEM;
	if (target->organisation)
		return faccessat(AT_FDCWD, ending, W_OK, AT_EACCESS) < 0 ? -errno : 0;
	*strrchr(path, '/') = '\0';
	return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0 ? -errno : 0;
}

static int end_organisation(const struct target *target)
{
	CLEANUP_FREE char *ending = location_full(target->path, ".delete");
	CLEANUP_CLOSE int fd = ending ? open(ending, O_WRONLY | O_TRUNC | O_CLOEXEC) : -1;
	const char *name = target->location.path + strlen("orgs/");

	if (!ending)
		return -ENOMEM;
	if (fd < 0 || write(fd, name, strlen(name)) < 0)
		return -errno;
	return close(TAKE_FD(fd)) < 0 ? -errno : 0;
}

static enum exit_code fail(const struct target *target, const char *where, int error)
{
	if (error == -ECANCELED)
		return command_fail(EXIT_OTHER, "interrupted: part of %s may be left",
				    target->name);
	return command_fail(EXIT_OTHER, "%s: not deleted: %s%s", where ? where : target->name,
			    strerror(-error),
			    error == -EACCES && target->organisation ? ": only its owner may" : "");
}

/* The last link to a credential is gone: it stays, unless it is to go as well. */
static void offer(const struct orphans *orphans, bool force)
{
	for (size_t i = 0; i < orphans->count; i++) {
		CLEANUP_FREE char *where = NULL;
		int r = 0;

		if (!orphans_are(orphans, i))
			continue;
		if (force || !isatty(STDIN_FILENO)) {
			fprintf(stderr, "%s: nobody has it any more; `credfs rm` deletes it\n",
				orphans->paths[i]);
			continue;
		}
		fprintf(stderr, "%s: nobody has it any more.\n", orphans->paths[i]);
		if (ask_yes("Delete it for good, too? [y/N]", "y"))
			r = removal_run(orphans->paths[i], NULL, &where);
		if (r < 0)
			command_fail(EXIT_OTHER, "%s: not deleted: %s", orphans->paths[i],
				     strerror(-r));
	}
}

static bool in_connections(const struct target *target)
{
	const char *rest = location_in_org(target->location.path);

	return rest && strncmp(rest, "connections/", strlen("connections/")) == 0;
}

static enum exit_code run(const struct target *target, bool force)
{
	CLEANUP_ORPHANS struct orphans orphans = {0};
	CLEANUP_FREE char *where = NULL;
	int r = may_remove(target);
	enum exit_code code;

	if (r < 0)
		return fail(target, NULL, r);
	code = force ? EXIT_DONE : confirm(target);
	if (code != EXIT_DONE)
		return code;
	if (in_connections(target) && orphans_note(target->path, &orphans) < 0)
		return fail(target, NULL, -ENOMEM);
	if (target->organisation) {
		r = end_organisation(target);
	} else {
		CLEANUP_PROGRESS struct progress progress;

		progress_init(&progress, "deleting");
		r = removal_run(target->path, &progress, &where);
	}
	if (r < 0)
		return fail(target, where, r);
	offer(&orphans, force);
	return EXIT_DONE;
}

enum exit_code cmd_rm(const char *configuration, int count, char **arguments)
{
	CLEANUP(target_done) struct target target = {0};
	struct options options = {0};
	enum exit_code code = command_parse(&argp, 0, count, arguments, &options);

	if (code == EXIT_DONE)
		code = command_named_settings(configuration);
	if (code == EXIT_DONE)
		code = find(options.what, &target);
	return code == EXIT_DONE ? run(&target, options.force) : code;
}
