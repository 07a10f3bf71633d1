/*
 * The inbox: memory that requests are received into. What a request can reach of it is locked,
 * because it receives what is written to a secret, and resident before the first one, because a
 * page that must be fetched while the process is being killed makes the kernel fail the request.
 */
#pragma once

#include "store/cleanup.h"

/* The largest write, and the part that a request can reach. libfuse reads with room for more, which
 * nothing ever comes to lie in. */
enum { INBOX_WRITE_MAX = 128 * 1024, INBOX_REACH = INBOX_WRITE_MAX + (16 << 10) };

/* -EPERM when it cannot be locked; -ENOMEM. */
int inbox_new(void **ret) MUST_CHECK;
/* Wiped; takes and returns NULL. */
void *inbox_free(void *inbox);
