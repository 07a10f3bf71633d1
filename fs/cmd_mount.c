#include <argp.h>

#include "fs/command.h"
#include "fs/mounting.h"

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct mounting *mounting = state->input;

	switch (key) {
	case 'f':
		mounting->foreground = true;
		return 0;
	case 'o':
		mounting->options = argument;
		return 0;
	default:
		return command_argument(key, argument, state, &mounting->directory);
	}
}

static const struct argp_option argp_options[] = {
	{"foreground", 'f', NULL, 0, "Stay in the foreground and log to stderr", 0},
	{"options", 'o', "OPTIONS", 0, "Mount options, as mount(8) has them: ro, noatime", 0},
	{0},
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "DIR",
	.doc = "Mount the store's credentials at DIR. Returns when the mount answers; umount DIR "
	       "ends it.",
};

enum exit_code cmd_mount(const char *configuration, int count, char **arguments)
{
	struct mounting mounting = {.configuration = configuration};
	const enum exit_code code = command_parse(&argp, 0, count, arguments, &mounting);

	return code == EXIT_DONE ? mounting_run(&mounting) : code;
}
