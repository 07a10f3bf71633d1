/*
 * A list of words: a heap array of heap strings that ends in NULL, as configuration files write
 * them on one line.
 */
#pragma once

#include "store/cleanup.h"

/* Split at any of `separators`, which count as one when they stand together. The caller frees. */
int words_split(const char *text, const char *separators, char ***ret) MUST_CHECK;
char **words_free(char **words);
DEFINE_CLEANUP(char *, words_free);
#define CLEANUP_WORDS CLEANUP(words_freep)
