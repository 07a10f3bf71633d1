/*
 * Code points of UTF-8, one at a time, in place: nothing is copied, so that secrets may pass. The
 * only user of libunistring. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/cleanup.h"

/* The first code point of `size` > 0 bytes. Its length, 1 to 4; 0 when the bytes end within it;
 * -EILSEQ when no byte to come could make one of them. */
int utf8_next(const uint8_t *bytes, size_t size, uint32_t *ret) MUST_CHECK;

/* C0, DEL and C1. */
bool utf8_is_control(uint32_t code_point);
/* White space, of whatever script, that is no control character. */
bool utf8_is_blank(uint32_t code_point);
