/*
 * The environment that a project's env.json says, put into this process'. One thread.
 */
#pragma once

#include <stddef.h>

#include "store/cleanup.h"

/* Set all that the file has, or nothing. -EILSEQ when it is no object of texts, or one of its names
 * is none that a variable can have; other -errno of reading it. */
int environment_set(const char *path) MUST_CHECK;

/* The same of text that was read. */
int environment_set_text(const char *text, size_t size) MUST_CHECK;
