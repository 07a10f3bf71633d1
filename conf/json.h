/*
 * JSON of secrets, by jansson, which is included by json.c alone: whether bytes are one object, and
 * making one. What jansson copies of a secret lies in locked memory and is wiped before the call
 * returns. Any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "store/secret.h"

/* 0 for one object, no name in it given twice, and blanks around it; -EAGAIN when it is not whole
 * but more bytes could make it so; -EINVAL when none could; -ENOMEM when memory ran out or could
 * not be locked. */
int json_check(const uint8_t *bytes, size_t size) MUST_CHECK;

/* An object of these values in their order, on one line that ends in a newline. A name with dots is
 * that of an object within: "a.b" is {"a":{"b":...}}. Values are UTF-8; a number is digits. -EINVAL
 * for a name that stands for a value and an object; -EFBIG above SECRET_MAX; -ENOMEM, -EPERM. */
struct render_value;
int json_make(const struct render_value *values, size_t count, struct secret_pool *pool,
	      struct secret **ret) MUST_CHECK;
