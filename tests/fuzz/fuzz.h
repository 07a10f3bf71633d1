/*
 * Fuzz targets: each file here is one function over bytes, as libFuzzer calls it. With clang and
 * the option `fuzz` it becomes a fuzzer; otherwise replay.c calls it with what lies in
 * tests/data/corpus, so that every find stays found. A target ends the process when something is
 * wrong: by a sanitizer, or by FUZZ_CHECK.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "store/recipient.h"

/* Must hold whatever the input. */
#define FUZZ_CHECK(condition)     \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A pool of secrets for as long as the process runs. */
static inline struct secret_pool *fuzz_pool(void)
{
	static struct secret_pool *pool;

	if (!pool)
		FUZZ_CHECK(secret_pool_new(16 << 20, &pool) == 0);
	return pool;
}

/* A recipient who is the same in every run. */
static inline struct recipient *fuzz_recipient(uint8_t number)
{
	const uint8_t seed[RECIPIENT_SEED_SIZE] = {number};
	struct recipient *recipient = NULL;

	FUZZ_CHECK(recipient_from_seed(fuzz_pool(), seed, &recipient) == 0);
	return recipient;
}

/* A copy with a NUL behind it; the caller frees. */
static inline char *fuzz_text(const uint8_t *bytes, size_t size)
{
	char *text = malloc(size + 1);

	FUZZ_CHECK(text != NULL);
	memcpy(text, bytes, size);
	text[size] = '\0';
	return text;
}
