/*
 * credfs exec: runs a program with what a project may use in its environment, as the mount gives it
 * to the caller in use/ORG/PROJECT/env.json; nothing else is added, and of the caller's own goes
 * what is of the same providers (surroundings.h). The program takes the place of this one, so that
 * its exit status and its signals are its own.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/command.h"
#include "fs/environment.h"
#include "fs/location.h"
#include "fs/surroundings.h"

struct options {
	const char *project;
	char **program; /* NULL-terminated */
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (!options->project) {
			options->project = argument;
			return 0;
		}
		/* It and all that follows is the program's. */
		options->program = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	case ARGP_KEY_END:
		if (!options->program)
			argp_error(state, "name a project, and a program after it");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "ORGANISATION/PROJECT[/ACCOUNT] [--] PROGRAM [ARGUMENT...]",
	.doc = "Run a program with the project's credentials in its environment, under the names "
	       "that the catalogue has for them; of what is there already, all that is of the same "
	       "providers goes. Reads use/ORGANISATION/PROJECT/env.json with your permissions. "
	       "Whoever may look at the program's environment sees the values: yourself, and root. "
	       "A program that reads files is better given the files. Where the project's "
	       "directory "
	       "is seen elsewhere, as in a container, name it by its path.\v"
	       "The exit status is the program's. 125: it was not run, and why is told; 126: it "
	       "cannot be run; 127: there is no such program.",
};

/* etl of acme is use/acme/etl in whatever mount has it; a path is taken as it is. */
static int find(const char *project, struct location *ret)
{
	CLEANUP_FREE char *name = NULL;

	if (*project == '/' || *project == '.' || strncmp(project, "use/", 4) == 0)
		return location_find(project, ret);
	if (asprintf(&name, "use/%s", project) < 0) {
		name = NULL;
		return -ENOMEM;
	}
	return location_find(name, ret);
}

/* What the project's .status says of why there is none, a line each. */
static void say_why(const char *directory)
{
	CLEANUP_FREE char *path = location_full(directory, ".status");
	CLEANUP_CLOSE int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	char text[4096];
	const ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	text[length < 0 ? 0 : length] = '\0';
	for (const char *line = text; *line; line += *line == '\n') {
		const size_t size = strcspn(line, "\n");

		command_fail(EXIT_NOT_RUN, "%.*s", (int)size, line);
		line += size;
	}
}

static enum exit_code fail(const char *project, const char *directory, int error)
{
	if (error == -ENOENT) {
		say_why(directory);
		return command_fail(EXIT_NOT_RUN, "%s: there is no environment of it", project);
	}
	if (error == -EILSEQ)
		return command_fail(EXIT_NOT_RUN,
				    "%s: its env.json has something that is no variable", project);
	return command_fail(EXIT_NOT_RUN, "%s: %s", project, strerror(-error));
}

static enum exit_code run(char **program)
{
	/* What it is, and what it inherits, is the caller's affair. */
	execvp(program[0], program);
	return command_fail(errno == ENOENT ? EXIT_NO_PROGRAM : EXIT_CANNOT_RUN,
			    "cannot run %s: %s", program[0], strerror(errno));
}

/* Where only the project is seen there is no configuration, or none that the caller may read; nor
 * need there be one: what is built in is the same. */
static enum exit_code load(const char *configuration, struct catalogue **ret)
{
	CLEANUP(settings_freep) struct settings *settings = NULL;
	struct conf_error error = {0};
	int r = settings_load(configuration, &settings, &error);

	if (r == -EACCES && !configuration)
		r = 0;
	if (r == 0)
		r = catalogue_load(settings ? settings->providers : NULL, ret, &error);
	return r == 0 ? EXIT_DONE
		      : command_fail(EXIT_NOT_RUN, "%s:%u: %s", error.file, error.line, error.text);
}

static enum exit_code set_and_run(const struct options *options, const char *directory,
				  const struct catalogue *catalogue)
{
	CLEANUP_FREE char *path = location_full(directory, "env.json");
	int r = path ? surroundings_clear(directory, catalogue) : -ENOMEM;

	if (r == 0)
		r = environment_set(path);
	if (r == 0)
		r = surroundings_place(directory, catalogue);
	return r < 0 ? fail(options->project, directory, r) : run(options->program);
}

enum exit_code cmd_exec(const char *configuration, int count, char **arguments)
{
	CLEANUP(catalogue_freep) struct catalogue *catalogue = NULL;
	CLEANUP_LOCATION struct location location = {0};
	CLEANUP_FREE char *directory = NULL;
	struct options options = {0};
	enum exit_code code = command_parse(&argp, ARGP_IN_ORDER, count, arguments, &options);
	int r;

	if (code == EXIT_DONE)
		code = load(configuration, &catalogue);
	if (code != EXIT_DONE)
		return EXIT_NOT_RUN;
	r = find(options.project, &location);
	if (r < 0) {
		location_fail(options.project, r);
		return EXIT_NOT_RUN;
	}
	directory = location_full(location.mount, location.path);
	return directory ? set_and_run(&options, directory, catalogue)
			 : fail(options.project, "", -ENOMEM);
}
