#include "fs/check.h"
#include "fs/command.h"

struct options {
	bool store, json;
	const char *where; /* NULL: every mount */
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 's':
		options->store = true;
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case ARGP_KEY_END:
		if (options->store && options->where)
			argp_error(state, "--store checks all of it: name nothing else");
		return 0;
	default:
		return command_argument_optional(key, argument, state, &options->where);
	}
}

static const struct argp_option argp_options[] = {
	{"store", 's', NULL, 0, "Verify the store itself: signatures, keys, every row, the marks",
	 0},
	{"json", 'j', NULL, 0, "Print what is wrong as JSON", 0},
	{0},
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "[ORGANISATION|DIR]",
	.doc = "Say what is wrong with the accounts that you may see, in an organisation, in the "
	       "credfs mounted at DIR, or in every one: fields that are missing, warnings, links "
	       "that lead nowhere, credentials whose connections are gone, accounts that nobody "
	       "uses, what cannot be read. Warnings and users are told to those who manage the "
	       "account. With --store, which is for root, the store is verified instead, mounted "
	       "or not, and nothing is changed; `credfs restore` puts a backup back. Exits with 17 "
	       "if anything is wrong.",
};

enum exit_code cmd_check(const char *configuration, int count, char **arguments)
{
	struct options options = {0};
	enum exit_code code = command_parse(&argp, 0, count, arguments, &options);

	if (code != EXIT_DONE)
		return code;
	if (options.store)
		return check_store(configuration, options.json);
	code = command_named_settings(configuration);
	return code == EXIT_DONE ? check_mount(options.where, options.json) : code;
}
