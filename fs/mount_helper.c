/*
 * mount.credfs, which mount(8) runs for a line of fstab like
 *
 *   credfs  /creds  credfs  defaults,_netdev  0 0
 *
 * as `mount.credfs SOURCE DIR [-sfnv] [-N NAMESPACE] [-o OPTIONS] [-t TYPE]`, wherever the options
 * stand. SOURCE is a configuration file if it is an absolute path, and else only a name; either way
 * it is what the table of mounts shows, by which mount -a knows that the line is mounted.
 */
#include <argp.h>

#include "fs/command.h"
#include "fs/mounting.h"

static error_t parse_argument(struct mounting *mounting, char *argument, struct argp_state *state)
{
	if (state->arg_num == 0)
		mounting->source = argument;
	else if (state->arg_num == 1)
		mounting->directory = argument;
	else
		argp_usage(state);
	return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct mounting *mounting = state->input;

	switch (key) {
	case 'f':
		mounting->fake = true;
		return 0;
	case 's':
		mounting->sloppy = true;
		return 0;
	case 'o':
		mounting->options = argument;
		return 0;
	case 'n':
	case 'v':
	case 't':
		return 0;
	case 'N':
		argp_failure(state, EXIT_USAGE, 0,
			     "-N: not into another namespace; run mount there, with nsenter");
		return EINVAL;
	case ARGP_KEY_ARG:
		return parse_argument(mounting, argument, state);
	case ARGP_KEY_END:
		if (state->arg_num < 2)
			argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option argp_options[] = {
	{"options", 'o', "OPTIONS", 0, "Mount options, as mount(8) has them", 0},
	{"fake", 'f', NULL, 0, "Check everything, but do not mount", 0},
	{"sloppy", 's', NULL, 0, "Pass over options that are not known", 0},
	{"no-mtab", 'n', NULL, 0, "For mount(8); changes nothing", 0},
	{"verbose", 'v', NULL, 0, "For mount(8); changes nothing", 0},
	{"types", 't', "TYPE", 0, "For mount(8); changes nothing", 0},
	{"namespace", 'N', "NAMESPACE", 0, "Not supported", 0},
	{0},
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "SOURCE DIR",
	.doc = "Mount the store's credentials at DIR, as mount(8) asks for it. SOURCE names the "
	       "configuration file, if it is an absolute path.",
};

enum exit_code mount_helper(int count, char **arguments)
{
	struct mounting mounting = {0};
	const enum exit_code code = command_parse(&argp, 0, count, arguments, &mounting);

	if (code != EXIT_DONE)
		return code;
	if (mounting.source[0] == '/')
		mounting.configuration = mounting.source;
	return mounting_run(&mounting);
}
