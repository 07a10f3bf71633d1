/*
 * Whether bytes say where data is: a URL of any scheme, `postgresql://db.example/sales`, or what
 * drivers call one, `jdbc:sqlserver://db.example;databaseName=sales`. Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "store/cleanup.h"

/* 0 when they are: a scheme, a colon, and something behind it. -EAGAIN when more bytes could make
 * them so; -EINVAL when none could; -EACCES when there is a password in them, as
 * //USER:PASSWORD@HOST, USER/PASSWORD@, or a parameter that is called so. Blanks and control
 * characters are for the caller to refuse. */
int data_url_check(const uint8_t *bytes, size_t size) MUST_CHECK;
