/*
 * A printer: a stdio stream into memory whose text is whole or not there. open_memstream(3) is not
 * used, because it tells nobody that there was no memory for a part of what was printed, nor for
 * the text at its end. Not for secrets: the memory is not wiped. One thread at a time; not to be
 * moved while it prints.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "store/cleanup.h"

struct printer {
	FILE *file; /* to print to */
	char *bytes;
	size_t size, room;
	bool failed;
};

void printer_done(struct printer *printer);
#define CLEANUP_PRINTER CLEANUP(printer_done)

/* Print with stdio to printer->file after this. -ENOMEM. */
int printer_begin(struct printer *printer) MUST_CHECK;

/* Take what was printed, a NUL behind it that `ret_size` (may be NULL) does not count; the caller
 * frees. The printer can begin again. -ENOMEM when a part of it is missing. */
int printer_end(struct printer *printer, char **ret, size_t *ret_size) MUST_CHECK;
