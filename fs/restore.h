/*
 * The state that another worker left (state.h), put back before the first request. What is damaged
 * is refused whole; a handle that cannot be had again, because its node has gone, is left out, and
 * whoever has it open is told that it is bad.
 */
#pragma once

#include "fs/event.h"
#include "fs/handles.h"
#include "fs/journal.h"
#include "fs/outstanding.h"
#include "fs/tree.h"

enum { RESTORE_FORGETS = 64 };

/* What the successor has to finish. */
struct restored {
	struct outstanding outstanding;		      /* requests */
	size_t handles;				      /* how many are open again */
	size_t lost;				      /* and how many are not */
	struct event_forget forgets[RESTORE_FORGETS]; /* names that the kernel may not have been */
	char names[RESTORE_FORGETS][256];	      /* told to forget, the last ones */
	size_t forget_count;			      /* of all that there were */
};

/* -EBADMSG when the journal is damaged: nothing was put back; -ENOMEM, -EPERM. */
int restore(struct tree *tree, struct handles *handles, const struct journal *journal,
	    const struct state_key *key, struct restored *ret) MUST_CHECK;
