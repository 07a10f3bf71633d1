/*
 * What the process gives up before it touches a secret: core dumps, being traced by its own user,
 * new privileges, readable files.
 */
#pragma once

#include "store/cleanup.h"

/* -errno when any of it is refused. */
int harden_process(void) MUST_CHECK;
