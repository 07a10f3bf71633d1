/*
 * Where the data of a URL is: its host and the like, under the names that the fields of a
 * connection have. Of postgresql://db.example:5432/sales, of mysql:///sales?socket=/run/x.sock, and
 * of both with jdbc: before them; the name in it that comes before an @ is nobody's. Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "store/secret.h"

/* The part called `host`, `port`, `database`, `socket` or `sslmode`, decoded, as secret as the URL
 * is; the caller owns it. -ENOENT: any other name; it is not in the URL; the URL has several hosts,
 * or another form. -ENOMEM; errors as secret_new(). */
int data_place_get(const struct secret *url, const char *name, struct secret **ret) MUST_CHECK;
