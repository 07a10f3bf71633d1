/*
 * Replay: an organisation's log, as the engine has it, followed entry by entry into a chain, and
 * held against the mark that this host keeps of it. Used by org.c and by whoever looks at a log
 * without its records. One thread at a time.
 */
#pragma once

#include "store/chain.h"
#include "store/engine.h"
#include "store/mark.h"

/* Follow the entry, if it is what the engine says that it is: the next append is held against that.
 * Errors of chain_follow(). */
int replay_entry(struct chain *chain, const struct engine_entry *entry) MUST_CHECK;

/* Follow the log from where the chain stands to its end. -ENOENT no such log; -EBADMSG,
 * -EPROTONOSUPPORT as chain_follow(); -ESTALE when it ends before the mark: it was put back to an
 * earlier state; -ENOTUNIQ when it does not pass through the mark: it is another log than the one
 * that was seen; both unless a manager has abandoned what the mark stands for; -ENOMEM; other
 * errors of the engine. */
int replay_log(struct engine *engine, struct chain *chain, const struct mark *mark) MUST_CHECK;
