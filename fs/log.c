#include "fs/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* Where the log goes: the one thing of this program that is not handed from caller to callee. */
static bool to_syslog;

void log_detach(void)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		close(null);
	}
	openlog("credfs", LOG_PID, LOG_DAEMON);
	to_syslog = true;
}

static const char *level_name(int level)
{
	static const char *const names[] = {
		[LOG_ERR] = "error: ",
		[LOG_WARNING] = "warning: ",
		[LOG_NOTICE] = "",
		[LOG_INFO] = "",
	};

	return level >= LOG_ERR && level <= LOG_INFO ? names[level] : "";
}

void log_line(int level, const char *format, ...)
{
	va_list arguments;
	char line[512];

	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	if (to_syslog)
		syslog(level, "%s", line);
	else
		fprintf(stderr, "credfs: %s%s\n", level_name(level), line);
}
