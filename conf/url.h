/*
 * Whether bytes are an http or https URL with a host. Pure; what a URL's login or query hold is not
 * copied.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/cleanup.h"

/* 0 when they are: scheme, host (a name, an address or an IPv6 literal in brackets), an optional
 * port from 1 to 65535. -EAGAIN when they are not, but more bytes could make them so; -EINVAL when
 * none could: another scheme. -ENOMEM. Blanks and control characters are for the caller to refuse.
 */
int url_check(const uint8_t *bytes, size_t size) MUST_CHECK;

/* Of a URL that passed: whether it has a login (https://user:password@host/), and whether it is
 * http to another host than this one. */
bool url_has_login(const uint8_t *bytes, size_t size);
bool url_is_unencrypted(const uint8_t *bytes, size_t size);
