/*
 * Recover: how a manager goes on with a log that was put back: by an entry that abandons what hosts
 * have seen. One thread at a time.
 */
#pragma once

#include "store/engine.h"
#include "store/mark.h"
#include "store/recipient.h"

/* Which log: `found` is its newest entry, verified by the caller. */
struct recover_log {
	struct engine *engine;
	struct digest fingerprint;
	struct mark found;
};

/* Append the entry; `ret` is its mark, durable on return. -EACCES when the host is no manager;
 * errors of replay_log() and of the engine. */
int recover_log(const struct recover_log *log, const struct recipient *host,
		const struct mark *abandoned, struct mark *ret) MUST_CHECK;
