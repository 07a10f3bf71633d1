/*
 * Exposure: which fields a recipient could read, and could have kept: those whose present value was
 * written before it was shut out. They are no secret to it, whatever the key is now, until they are
 * revoked at their provider and written anew. Found in the verified log, so that it holds for
 * recipients that are long gone. Used by org.c alone. One thread at a time.
 */
#pragma once

#include "store/chain.h"
#include "store/engine.h"
#include "store/index.h"

/* Each field that is exposed, borrowed; a return other than 0 ends the call, which returns it. */
typedef int exposure_fn(void *context, const struct record *field);

/* `chain` has followed the log. -ENOENT when the recipient was never a member; errors of the
 * engine. */
int exposure(struct engine *engine, const struct chain *chain, const struct index *index,
	     struct recipient_id recipient, exposure_fn *each, void *context) MUST_CHECK;
