/*
 * Whether bytes are PEM (RFC 7468, and the headers of RFC 1421 that encrypted keys carry): one
 * block or more, with explanatory text around them. The body is checked as base64, not decoded.
 * Pure; nothing is copied.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "store/cleanup.h"

/* 0 when it is; -EAGAIN when it is not, but more bytes could make it so; -EINVAL when none could.
 */
int pem_check(const uint8_t *bytes, size_t size) MUST_CHECK;
