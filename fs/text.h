/*
 * Text that the daemon makes itself: `key: value` a line, gathered in locked memory at the end,
 * because some of it is for few. One thread.
 */
#pragma once

#include <stdio.h>

#include "store/secret.h"

struct text {
	FILE *file;
	char *bytes;
	size_t size;
};

void text_done(struct text *text);
#define CLEANUP_TEXT CLEANUP(text_done)

/* Write with stdio to text->file after this. -ENOMEM. */
int text_begin(struct text *text) MUST_CHECK;

/* Take what was written. -ENOMEM. */
int text_end(struct text *text, struct secret_pool *pool, struct secret **ret) MUST_CHECK;

/* Print a time, ns since 1970, as 2026-01-31T23:59:59Z. */
void text_time(FILE *file, uint64_t time);
