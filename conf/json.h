/*
 * Whether bytes are one JSON object, by jansson, which is included by json.c alone. What it copies
 * of a secret lies in locked memory and is wiped before the call returns. Any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "store/cleanup.h"

/* 0 for one object, no name in it given twice, and blanks around it; -EAGAIN when it is not whole
 * but more bytes could make it so; -EINVAL when none could; -ENOMEM when memory ran out or could
 * not be locked. */
int json_check(const uint8_t *bytes, size_t size) MUST_CHECK;
