/*
 * Bytes that a test owns.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "store/cleanup.h"

struct bytes {
	uint8_t *at;
	size_t size;
};

static inline void bytes_done(struct bytes *bytes)
{
	free(bytes->at);
}
#define BYTES CLEANUP(bytes_done) struct bytes
