/*
 * Who did something, as the audit log names him: a plain value, kept with what he opened.
 */
#pragma once

#include <sys/types.h>

#include "fs/programs.h"
#include "fs/via.h"

struct actor {
	uid_t uid;
	pid_t pid;
	char program[PROGRAM_SIZE];
	struct way via; /* that he came by */
};
