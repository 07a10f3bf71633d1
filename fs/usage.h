/*
 * Usage, as `.info` and `.status` tell it: who uses an account or a data connection, and which
 * accounts a connection has. Nothing of users' own accounts is told but to themselves. One thread
 * at a time.
 */
#pragma once

#include <stdio.h>

#include "fs/tree.h"

/* `used-by: PROJECT`, and of an account `used-by: connections/NAME`, a line each; and `orphan:
 * since TIME` of an account that was associated, and is used by nothing since. -ENOMEM. */
int usage_print(const struct tree *tree, const struct org *org, const struct record *record,
		FILE *file) MUST_CHECK;

/* `credential: NAME`, a line for each account that the connection offers to projects. */
void usage_print_credentials(const struct org *org, const struct record *connection, FILE *file);
