/*
 * Rekeying: how members of an organisation and epochs of its key come and go. Each call is one
 * signed entry and one transaction with the keys that are sealed for it: every key that this host
 * has is sealed anew to everybody who is a member then, so that no sealed key is carried on that
 * was not looked at. Used by org.c alone. A plain value that borrows its parts; one thread at a
 * time.
 *
 * All of these: -EACCES when this host may not; -ESTALE when another writer was first; -EFBIG when
 * there are too many members for an entry; other errors of the engine; nothing has happened then.
 */
#pragma once

#include "store/chain.h"
#include "store/engine.h"
#include "store/keyring.h"

struct rekey {
	struct engine *engine;
	struct secret_pool *pool;
	struct chain *chain;
	struct keyring *keyring;
	const struct recipient *host;
};

/* Let a recipient in, or let a member do something else. -EEXIST when it may do that already;
 * -EINVAL for keys that are not valid; -EBUSY when nobody could manage any more. */
int rekey_put(const struct rekey *rekey, const struct recipient_public *public,
	      enum capability can) MUST_CHECK;

/* Shut a member out, and begin an epoch whose key it does not get. -ENOENT when it is none; -EBUSY
 * when nobody could manage any more. */
int rekey_remove(const struct rekey *rekey, struct recipient_id id) MUST_CHECK;

/* Begin an epoch. */
int rekey_rotate(const struct rekey *rekey) MUST_CHECK;

/* End every epoch but the newest. -EBADMSG while rows are sealed under one of them. */
int rekey_retire(const struct rekey *rekey) MUST_CHECK;
