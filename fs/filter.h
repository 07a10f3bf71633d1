/*
 * The filter of system calls: what a worker may ask the kernel for, for good and in all its
 * threads. Libraries of the name service run in it too, so that a call which is not known here
 * fails as on a kernel that does not have it (ENOSYS), is named in the kernel's log, and the
 * library does without; only what nobody but an intruder would call ends the process.
 */
#pragma once

#include "store/cleanup.h"

/* -ENOSYS: this kernel filters nothing. Other -errno. */
int filter_calls(void) MUST_CHECK;
