#include "fs/command.h"

#include <stdarg.h>
#include <string.h>

enum exit_code command_fail(enum exit_code code, const char *format, ...)
{
	va_list arguments;

	fputs("credfs: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return code;
}

enum exit_code command_parse(const struct argp *argp, unsigned flags, int count, char **arguments,
			     void *input)
{
	const error_t error = argp_parse(argp, count, arguments, flags, NULL, input);

	return error ? command_fail(EXIT_OTHER, "cannot read the arguments: %s", strerror(error))
		     : EXIT_DONE;
}

error_t command_argument_optional(int key, char *argument, struct argp_state *state,
				  const char **ret)
{
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	if (state->arg_num > 0)
		argp_usage(state);
	*ret = argument;
	return 0;
}

error_t command_argument(int key, char *argument, struct argp_state *state, const char **ret)
{
	if (key == ARGP_KEY_NO_ARGS)
		argp_usage(state);
	return command_argument_optional(key, argument, state, ret);
}

enum exit_code command_settings(const char *configuration, struct settings **ret)
{
	struct conf_error error = {0};

	if (settings_load(configuration, ret, &error) == 0)
		return EXIT_DONE;
	if (error.line)
		return command_fail(EXIT_CONFIGURATION, "%s:%u: %s", error.file, error.line,
				    error.text);
	return command_fail(EXIT_CONFIGURATION, "%s: %s", error.file, error.text);
}

enum exit_code command_named_settings(const char *configuration)
{
	CLEANUP(settings_freep) struct settings *settings = NULL;

	return configuration ? command_settings(configuration, &settings) : EXIT_DONE;
}

enum exit_code command_owner(const struct settings *settings, struct owner *ret)
{
	int r = owner_find(settings->daemon_user, ret);

	if (r == 0)
		return EXIT_DONE;
	return command_fail(EXIT_CONFIGURATION,
			    "[daemon] user: %s: it must be a user of its own, with a group that "
			    "has no other member: %s",
			    settings->daemon_user ? settings->daemon_user : "credfs", strerror(-r));
}
