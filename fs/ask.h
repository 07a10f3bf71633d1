/*
 * Asking the user, on the terminal that is his standard input: what cannot be taken back. One
 * thread.
 */
#pragma once

#include <stdbool.h>

#include "fs/exit.h"

/* `question` and the answer that means yes: "y" also takes "yes", anything else is to be typed as
 * it is. EXIT_DONE; EXIT_UNCONFIRMED, with the reason told: also where nobody can be asked. */
enum exit_code ask(const char *question, const char *answer);

/* The same where somebody can be asked, and nothing is told. */
bool ask_yes(const char *question, const char *answer);
