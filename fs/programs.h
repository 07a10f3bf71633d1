/*
 * What the program of a process calls itself: /proc/PID/comm. Reading it waits for nobody, unlike
 * `stat`, which waits for a process that executes another program, and so for one that waits for
 * us. The files are kept open: asking again costs one read, and when the number has become another
 * process' the read fails. One thread at a time.
 */
#pragma once

#include <sys/types.h>

#include "store/cleanup.h"

enum { PROGRAM_SIZE = 16 };

struct programs;

int programs_new(struct programs **ret) MUST_CHECK;
struct programs *programs_free(struct programs *programs);
DEFINE_CLEANUP(struct programs, programs_free);

/* "" when there is no such process, or its number is 0: one of another pid namespace. */
void programs_get(struct programs *programs, pid_t pid, char ret[PROGRAM_SIZE]);
