/*
 * Text that the daemon makes itself: `key: value` a line, printed (conf/printer.h) and gathered in
 * locked memory at the end, because some of it is for few. One thread.
 */
#pragma once

#include "conf/printer.h"
#include "store/secret.h"

/* Take what was printed. -ENOMEM. */
int text_end(struct printer *printer, struct secret_pool *pool, struct secret **ret) MUST_CHECK;

/* Print a time, ns since 1970, as 2026-01-31T23:59:59Z. */
void text_time(FILE *file, uint64_t time);
