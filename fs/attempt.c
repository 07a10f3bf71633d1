#include "fs/attempt.h"

#include <ctype.h>
#include <stdarg.h>

void attempt_end(struct attempt *attempt, enum trial_verdict verdict, const char *format, ...)
{
	va_list arguments;

	attempt->verdict = verdict;
	va_start(arguments, format);
	vsnprintf(attempt->detail, sizeof attempt->detail, format, arguments);
	va_end(arguments);
	for (char *at = attempt->detail; *at; at++) {
		if (iscntrl((unsigned char)*at))
			*at = ' ';
	}
}

const char *attempt_verdict_name(enum trial_verdict verdict)
{
	static const char *const names[] = {
		[TRIAL_ACCEPTED] = "accepted",
		[TRIAL_REJECTED] = "rejected",
		[TRIAL_UNREACHABLE] = "unreachable",
		[TRIAL_UNTRIED] = "untried",
	};

	return names[verdict];
}
