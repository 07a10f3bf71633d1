/*
 * The thread that signs the audit logs, so that whoever reads a value need not wait for it: a tenth
 * of a second after something was written, or when that was much.
 */
#pragma once

#include "store/cleanup.h"

struct signer;

/* `sign` is called in the thread. -ENOMEM, -EAGAIN. */
int signer_new(void (*sign)(void *context), void *context, struct signer **ret) MUST_CHECK;

/* Ends the thread, which signs no more: what is left is the caller's to sign. */
struct signer *signer_free(struct signer *signer);

/* Something was written. Never waits. */
void signer_wake(struct signer *signer);
