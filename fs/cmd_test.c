/*
 * credfs test: finds what is meant, and has credfs-test try it, with the caller's rights. That is a
 * program of its own because neither the daemon nor any other command is to have a network library.
 */
#include <libgen.h>
#include <limits.h>
#include <string.h>

#include "fs/command.h"
#include "fs/location.h"

struct options {
	bool json;
	const char *what, *authority;
	double seconds;
};

enum { KEY_AUTHORITY = 1000 };

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;
	char *end = NULL;

	switch (key) {
	case 'j':
		options->json = true;
		return 0;
	case 't':
		options->seconds = strtod(argument, &end);
		if (end == argument || *end || !(options->seconds >= 0.001) ||
		    options->seconds > 3600)
			argp_error(state, "--timeout is seconds, at most 3600: %s", argument);
		return 0;
	case KEY_AUTHORITY:
		options->authority = argument;
		return 0;
	default:
		return command_argument(key, argument, state, &options->what);
	}
}

static const struct argp_option argp_options[] = {
	{"json", 'j', NULL, 0, "Print JSON", 0},
	{"timeout", 't', "SECONDS", 0, "Wait no longer than this for all of it (10)", 0},
	{"cacert", KEY_AUTHORITY, "FILE", 0,
	 "Trust the certificates in FILE, in place of the system's", 0},
	{0},
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "PATH",
	.doc = "Try the credential in an account's directory, by the request that the catalogue "
	       "has "
	       "for its provider: one that costs nothing and changes nothing. Of a login, name it "
	       "through its connection, connections/C/LOGIN: it is tried at the database.\v"
	       "PATH is a path in the mount, also through a project's link, or what `credfs list` "
	       "shows. Reads with your permissions. Ends with 0 when the credential was accepted, "
	       "24 when it was rejected, 25 when that cannot be told, 26 when there is no way to "
	       "try it.",
};

/* Beside this program, where it was built, or where it was installed. */
static int find_program(char ret[PATH_MAX])
{
	static const char name[] = "credfs-test";
	char self[PATH_MAX];
	const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

	if (length < 0)
		return -errno;
	self[length] = '\0';
	if (snprintf(ret, PATH_MAX, "%s/%s", dirname(self), name) < PATH_MAX &&
	    access(ret, X_OK) == 0)
		return 0;
	if (snprintf(ret, PATH_MAX, "%s/%s", CREDFS_LIBEXEC, name) < PATH_MAX &&
	    access(ret, X_OK) == 0)
		return 0;
	return -ENOENT;
}

static enum exit_code run(const struct options *options, const struct location *location,
			  const struct settings *settings)
{
	CLEANUP_FREE char *path = location_full(location->mount, location->path);
	char program[PATH_MAX], milliseconds[32];
	int r = path ? find_program(program) : -ENOMEM;

	if (r < 0)
		return command_fail(EXIT_OTHER, "cannot find credfs-test: %s", strerror(-r));
	snprintf(milliseconds, sizeof milliseconds, "%ld", (long)(options->seconds * 1000));
	execl(program, "credfs test", path, options->what, settings->providers, milliseconds,
	      options->authority ? options->authority : "-", options->json ? "json" : "text",
	      (char *)NULL);
	return command_fail(EXIT_OTHER, "cannot run %s: %s", program, strerror(errno));
}

enum exit_code cmd_test(const char *configuration, int count, char **arguments)
{
	CLEANUP(settings_freep) struct settings *settings = NULL;
	CLEANUP_LOCATION struct location location = {0};
	struct options options = {.seconds = 10};
	enum exit_code code = command_parse(&argp, 0, count, arguments, &options);
	int r;

	if (code == EXIT_DONE)
		code = command_settings(configuration, &settings);
	if (code != EXIT_DONE)
		return code;
	r = location_find(options.what, &location);
	if (r < 0)
		return location_fail(options.what, r);
	return run(&options, &location, settings);
}
