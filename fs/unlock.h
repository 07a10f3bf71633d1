/*
 * Unlocking: the host's identity, wherever it comes from, for every command that opens what is
 * sealed. Who sits at the terminal, or feeds stdin, is asked where it takes a passphrase or the
 * recovery phrase. Says on stderr what is wrong.
 */
#pragma once

#include "fs/command.h"
#include "store/identity.h"

/* A process that is fit to hold secrets, and what it begins with. */
struct unlocked {
	struct secret_pool *pool;
	struct identity identity;
};

/* Harden the process, lock at most `memory` bytes, and open the identity that the settings name.
 * The caller owns `ret` (unlocked_done), also after a failure. */
enum exit_code unlock(const struct settings *settings, size_t memory,
		      struct unlocked *ret) MUST_CHECK;
/* The same, with the recovery phrase in the place of the identity. */
enum exit_code unlock_recovery(size_t memory, struct unlocked *ret) MUST_CHECK;
/* The same without an identity. */
enum exit_code unlock_nothing(size_t memory, struct unlocked *ret) MUST_CHECK;
void unlocked_done(struct unlocked *unlocked);
#define CLEANUP_UNLOCKED CLEANUP(unlocked_done)

/* Ask for the recovery phrase. The caller owns `ret` (identity_done): it is the recovery
 * recipient's identity. */
enum exit_code unlock_phrase(struct secret_pool *pool, struct identity *ret) MUST_CHECK;

/* Ask for a passphrase that is to be new: twice on a terminal. */
enum exit_code unlock_new_passphrase(struct secret_pool *pool, struct secret **ret) MUST_CHECK;
