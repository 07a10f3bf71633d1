/*
 * Who did something, as the audit log names him: a plain value, kept with what he opened.
 */
#pragma once

#include <sys/types.h>

#include "fs/node.h"
#include "fs/programs.h"

struct actor {
	uid_t uid;
	pid_t pid;
	char program[PROGRAM_SIZE];
	struct node via; /* the link of a project that he came through; of no organisation: none */
};
