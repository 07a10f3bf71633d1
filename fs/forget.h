/*
 * Names that the kernel is to forget, told by a thread of their own: the kernel holds a directory
 * while it waits for an answer about a name in it, so that whoever answers must not wait for the
 * directory.
 */
#pragma once

#include <stdint.h>

#include "store/cleanup.h"

struct forget;

/* `tell` is called in the thread, once for each name, in order. -ENOMEM, -EAGAIN. */
int forget_new(void (*tell)(void *context, uint64_t directory, const char *name), void *context,
	       struct forget **ret) MUST_CHECK;

/* Ends the thread; names not told yet are dropped. */
struct forget *forget_free(struct forget *forget);

/* Never waits. Without memory the name is dropped: the kernel then believes it until its time is
 * up. */
void forget_name(struct forget *forget, uint64_t directory, const char *name);

/* The same, but not before the next forget_due(): for what is about to be used. */
void forget_later(struct forget *forget, uint64_t directory, const char *name);
void forget_due(struct forget *forget);
/* What is noted for later of one inode is due now. */
void forget_due_of(struct forget *forget, uint64_t directory);
