#include "conf/error.h"

#include <stdarg.h>
#include <stdio.h>

void conf_error_set(struct conf_error *error, const char *file, unsigned line, const char *format,
		    ...)
{
	va_list arguments;

	snprintf(error->file, sizeof(error->file), "%s", file);
	error->line = line;
	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
}

void conf_error_text(struct conf_error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
}
