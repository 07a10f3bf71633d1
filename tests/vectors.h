/*
 * Reading the vectors in tests/data/vectors: JSON, bytes as hexadecimal strings. A vector that is
 * not as it should be fails the test that asked.
 */
#pragma once

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "store/cleanup.h"
#include "tests/bytes.h"

#define CLEANUP_BYTES CLEANUP(bytes_done)

/* The member of a file in tests/data/vectors; the caller owns it (json_auto_t). */
static inline json_t *vectors(const char *file, const char *member)
{
	CLEANUP_FREE char *path = NULL;
	json_auto_t *all = NULL;
	json_t *found;

	cr_assert(asprintf(&path, TEST_DATA "/vectors/%s.json", file) > 0);
	all = json_load_file(path, 0, NULL);
	found = json_object_get(all, member);
	cr_assert_not_null(found, "%s has no %s", path, member);
	return json_incref(found);
}

static inline const char *vector_text(const json_t *vector, const char *member)
{
	const char *text = json_string_value(json_object_get(vector, member));

	cr_assert_not_null(text, "no text %s", member);
	return text;
}

static inline uint64_t vector_number(const json_t *vector, const char *member)
{
	cr_assert(json_is_integer(json_object_get(vector, member)), "no number %s", member);
	return (uint64_t)json_integer_value(json_object_get(vector, member));
}

static inline struct bytes vector_bytes(const json_t *vector, const char *member)
{
	const char *hex = vector_text(vector, member);
	struct bytes bytes = {.size = strlen(hex) / 2};

	/* The very size, so that a read behind it is found; and one byte for none. */
	bytes.at = malloc(bytes.size ? bytes.size : 1);
	cr_assert_not_null(bytes.at);
	for (size_t i = 0; i < bytes.size; i++)
		cr_assert_eq(sscanf(hex + 2 * i, "%2hhx", &bytes.at[i]), 1);
	return bytes;
}

/* Bytes of a known size. */
static inline void vector_get(const json_t *vector, const char *member, void *ret, size_t size)
{
	CLEANUP_BYTES struct bytes bytes = vector_bytes(vector, member);

	cr_assert_eq(bytes.size, size, "%s is of another size", member);
	memcpy(ret, bytes.at, size);
}

/* What the vector is about, to be named when it fails. */
static inline const char *vector_why(const json_t *vector)
{
	const char *why = json_string_value(json_object_get(vector, "why"));

	return why ? why : "a case";
}

static inline bool vector_holds(const json_t *vector, const char *member, const void *bytes,
				size_t size)
{
	CLEANUP_BYTES struct bytes expected = vector_bytes(vector, member);

	return expected.size == size && memcmp(expected.at, bytes, size) == 0;
}
