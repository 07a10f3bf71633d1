/*
 * The keyring: the keys of an organisation's epochs, those of them that this host can open. New
 * rows are sealed under the newest; rows of former epochs are opened with theirs until they have
 * been sealed anew and the epoch is retired. Used by org.c and its parts. One thread at a time.
 */
#pragma once

#include "store/chain.h"
#include "store/engine.h"
#include "store/key.h"

struct keyring;

int keyring_new(struct keyring **ret) MUST_CHECK;
struct keyring *keyring_free(struct keyring *keyring);
DEFINE_CLEANUP(struct keyring, keyring_free);

/* Open what the chain's epochs have sealed to this host and is not in the ring, and drop the keys
 * of epochs that there are no more. Each key is what the log commits to, or is left out, and the
 * rows of its epoch are damaged; -EBADMSG when that is the newest. -ENOMEM; errors of the engine.
 */
int keyring_load(struct keyring *keyring, struct secret_pool *pool, struct engine *engine,
		 const struct chain *chain, const struct recipient *host) MUST_CHECK;

/* Take a key in, of an epoch that it does not have. -ENOMEM; the key is the caller's then. */
int keyring_put(struct keyring *keyring, struct epoch_key *key) MUST_CHECK;

/* Drop the keys of epochs that the membership does not have. */
void keyring_keep(struct keyring *keyring, const struct membership *membership);

/* Borrowed until the next change; NULL when it is not there. */
const struct epoch_key *keyring_get(const struct keyring *keyring, uint32_t epoch);

/* Where an engine has an epoch's key that is sealed to a recipient. */
struct row_ref keyring_wrap(struct recipient_id recipient, uint32_t epoch);
