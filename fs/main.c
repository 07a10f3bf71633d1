/*
 * credfs COMMAND: finds the command and ends with the code that it returns.
 */
#include <argp.h>
#include <fcntl.h>
#include <libgen.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "conf/printer.h"
#include "fs/command.h"
#include "fs/version.h"

static const struct command commands[] = {
	{"init", "create the store, this host's identity and a recovery phrase", cmd_init},
	{"mount", "mount the credentials at a directory", cmd_mount},
	{"status", "show mounts, organisations and how the daemon is", cmd_status},
	{"list", "show the accounts that you may see", cmd_list},
	{"audit", "show, follow and verify who read or changed what", cmd_audit},
	{"worker", NULL, cmd_worker}, /* for the supervisor alone */
	{"check", "say what is wrong with the accounts, or verify the store", cmd_check},
	{"exec", "run a program with a project's credentials in its environment", cmd_exec},
	{"test", "try a credential against its provider", cmd_test},
	{"rm", "delete an account, or an organisation, after showing who uses it", cmd_rm},
	{"key", "show and change who can open an organisation", cmd_key},
	{"backup", "copy the store, also while it is mounted", cmd_backup},
	{"restore", "put a backup in the store's place, or accept the store as it is", cmd_restore},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

struct options {
	const char *configuration;
	int command; /* where in argv it stands; 0: not given */
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'c':
		options->configuration = argument;
		return 0;
	case ARGP_KEY_ARG:
		/* The rest belongs to the command. */
		options->command = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The table of commands, below the options of --help. */
static char *help(int key, const char *text, void *input)
{
	CLEANUP_PRINTER struct printer printer = {0};
	char *page = NULL;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)(uintptr_t)text;
	if (printer_begin(&printer) < 0)
		return NULL;
	fputs("Commands:\n", printer.file);
	for (size_t i = 0; i < COMMANDS; i++) {
		if (commands[i].summary)
			fprintf(printer.file, "  %-10s %s\n", commands[i].name,
				commands[i].summary);
	}
	fputs("\n`credfs COMMAND --help` says more.", printer.file);
	return printer_end(&printer, &page, NULL) < 0 ? NULL : page;
}

static const struct argp_option argp_options[] = {
	{"config", 'c', "FILE", 0, "Read FILE instead of /etc/credfs/credfs.conf", 0},
	{0},
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "COMMAND [ARGUMENT...]",
	.doc = "Mount an organisation's credentials as files.\v",
	.help_filter = help,
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

/* A program may be started without them: what is opened next would take their place, and be
 * written to by whoever means to complain. */
static void have_standard_descriptors(void)
{
	int fd = 0;

	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = open("/dev/null", O_RDWR);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* Also when a parser ends the program: what could not be written is no success. */
static void close_stdout(void)
{
	const bool failed = ferror(stdout);

	if (fclose(stdout) == 0 && !failed)
		return;
	command_fail(EXIT_OTHER, "cannot write to stdout: %s", strerror(errno));
	_exit(EXIT_OTHER);
}

int main(int count, char **arguments)
{
	const struct command *command;
	struct options options = {0};
	char *name = count ? basename(arguments[0]) : NULL;

	have_standard_descriptors();
	setlocale(LC_CTYPE, ""); /* which characters can be shown */
	atexit(close_stdout);
	if (name)
		arguments[0] = name; /* what complaints begin with */
	argp_program_version = "credfs " CREDFS_VERSION;
	argp_err_exit_status = EXIT_USAGE;
	if (name && strcmp(name, "mount.credfs") == 0)
		return (int)mount_helper(count, arguments);
	if (command_parse(&argp, ARGP_IN_ORDER, count, arguments, &options) != EXIT_DONE)
		return EXIT_OTHER;
	command = find_command(arguments[options.command]);
	if (!command)
		return (int)command_fail(EXIT_USAGE, "no such command: %s; see credfs --help",
					 arguments[options.command]);
	/* What a command says of its own use begins with all that one types. */
	if (asprintf(&arguments[options.command], "credfs %s", command->name) < 0)
		return (int)command_fail(EXIT_OTHER, "no memory");
	return (int)command->run(options.configuration, count - options.command,
				 arguments + options.command);
}
