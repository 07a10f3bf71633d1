#include "fs/ask.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fs/command.h"

bool ask_yes(const char *question, const char *answer)
{
	CLEANUP_FREE char *line = NULL;
	size_t room = 0;
	ssize_t length;

	fprintf(stderr, "%s ", question);
	length = getline(&line, &room, stdin);
	if (length > 0 && line[length - 1] == '\n')
		line[length - 1] = '\0';
	return length > 0 && (strcmp(line, answer) == 0 ||
			      (strcmp(answer, "y") == 0 && strcasecmp(line, "yes") == 0) ||
			      (strcmp(answer, "y") == 0 && strcmp(line, "Y") == 0));
}

enum exit_code ask(const char *question, const char *answer)
{
	if (!isatty(STDIN_FILENO))
		return command_fail(EXIT_UNCONFIRMED,
				    "nothing was changed: say --force, or answer on a terminal");
	if (ask_yes(question, answer))
		return EXIT_DONE;
	return command_fail(EXIT_UNCONFIRMED, "nothing was changed");
}
