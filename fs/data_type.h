/*
 * The type of a data connection, as people call it: what its field `type` says, else the scheme of
 * its URL, of `jdbc:postgresql://...` the second one. One thread at a time.
 */
#pragma once

#include <stdbool.h>

#include "fs/tree.h"

enum { DATA_TYPE_MAX = 32 }; /* of the name of a provider */

/* False when neither says it, or cannot be read. */
bool data_type_of(const struct org *org, const struct record *connection, char ret[DATA_TYPE_MAX]);
