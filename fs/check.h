/*
 * Checking: of the store itself, and of what a mount shows. Each prints what is wrong and returns
 * the exit code: EXIT_WRONG when anything is.
 */
#pragma once

#include <stdbool.h>

#include "fs/exit.h"

enum exit_code check_store(const char *configuration, bool json);

/* `where`: a mount or an organisation; NULL: every mount. */
enum exit_code check_mount(const char *where, bool json);
