/*
 * What a session looks after beside its requests: what is kept for a while only, changes that
 * others made, marks against rollback, deleted bytes. By the thread that tends.
 */
#pragma once

#include "fs/session.h"

/* What is to be done every second. */
void tending_run(struct session *session);

/* Write the marks that are due. The disk may take its time: nobody waits for it. */
void tending_marks(struct session *session);
