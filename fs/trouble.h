/*
 * Trouble with the files that everything stands on: the identity, the store, the list of
 * organisations. What each errno of opening them means, what to do, and the code to end with: one
 * table each, for the daemon and every command that opens them.
 */
#pragma once

#include "fs/command.h"

enum trouble_file {
	TROUBLE_IDENTITY,
	TROUBLE_CREDENTIAL,
	TROUBLE_STORE,
	TROUBLE_PINS,
	TROUBLE_FILES
};

/* Say on stderr what is wrong with the file, and return the exit code. */
enum exit_code trouble_say(enum trouble_file file, const char *path, int error);

/* What source_load() said of the identity that the settings name. */
enum exit_code trouble_say_identity(const struct settings *settings, int error);

/* What store_open() said of the store or of the pins, both named by the settings. */
enum exit_code trouble_say_open(const struct settings *settings, int error);
