/*
 * Asking for a secret: on the terminal that stdin is, or by reading one line when it is none, so
 * that a pipe or systemd-ask-password can answer. What is asked for goes to stderr, and only on a
 * terminal. Not while other threads run.
 */
#pragma once

#include <stdbool.h>

#include "store/secret.h"

struct prompt {
	const char *text;
	bool echo; /* show what is typed */
};

bool prompt_is_terminal(void);

/* The answer without its newline, at most 1024 bytes, the caller's. -ENODATA when there is none,
 * not even an empty one; -EFBIG; -ECANCELED when a signal ended it and not the program; -ENOMEM,
 * -EPERM. The terminal is as before on return, and when a signal ends or stops the program. */
int prompt_secret(const struct prompt *prompt, struct secret_pool *pool,
		  struct secret **ret) MUST_CHECK;
