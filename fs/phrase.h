/*
 * Showing a new recovery phrase, once, and having it typed back: one that nobody has written down
 * opens nothing.
 */
#pragma once

#include "fs/exit.h"
#include "store/recipient.h"

/* Print the phrase on stdout; then, with `confirm`, read it back from the terminal or a line of
 * stdin. EXIT_UNCONFIRMED when what comes back is another one, or nothing. */
enum exit_code phrase_show(struct secret_pool *pool, const struct recipient *recovery,
			   bool confirm) MUST_CHECK;
