#include "fs/command.h"

#include <stdarg.h>

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
