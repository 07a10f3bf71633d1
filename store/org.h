/*
 * One organisation in memory: its log verified, its records opened and indexed, its values left
 * sealed in the engine until one is asked for. Loaded when first touched. Readers get borrowed
 * records, valid until the next org_commit(). One thread at a time.
 */
#pragma once

#include "store/change.h"
#include "store/engine.h"
#include "store/entry.h"
#include "store/news.h"
#include "store/pins.h"
#include "store/rekey.h"

struct org;

/* Create an organisation in the engine: genesis, its key sealed to the founder and to `recovery`
 * (may be NULL), and a first change that holds its RECORD_ORG and whatever `first` holds (may be
 * NULL), in one transaction. `engine`, `pool` and `founder` outlive the organisation. Errors of
 * org_commit(). */
int org_create(struct engine *engine, struct secret_pool *pool, const struct recipient *founder,
	       const struct recipient_public *recovery, const char *name,
	       const struct change *first, struct org **ret) MUST_CHECK;

/* Load and verify. `engine`, `pool` and `host` outlive the organisation. -ENOENT no such log;
 * -EBADMSG when the log or its keys do not verify; -EKEYREJECTED when this host is not a recipient
 * of it; -EPROTONOSUPPORT when the log needs a later version. */
int org_load(struct engine *engine, struct secret_pool *pool, const struct recipient *host,
	     const struct digest *fingerprint, struct org **ret) MUST_CHECK;

/* The same for one that is pinned, and whose log must hold against the mark: -ESTALE when it ends
 * before it, -ENOTUNIQ when it does not pass through it (store/replay.h). */
int org_load_pinned(struct engine *engine, struct secret_pool *pool, const struct recipient *host,
		    const struct pin *pin, struct org **ret) MUST_CHECK;

struct org *org_free(struct org *org);
DEFINE_CLEANUP(struct org, org_free);

struct org_id org_id(const struct org *org);
const struct digest *org_fingerprint(const struct org *org);
uint64_t org_generation(const struct org *org);
uint64_t org_time(const struct org *org);	       /* of the newest entry, ns since 1970 */
struct mark org_mark(const struct org *org);	       /* of the newest entry */
enum capability org_capability(const struct org *org); /* this host's, CAN_READ at least */
const struct membership *org_membership(const struct org *org);

/* This host's recipient, and the key of the present epoch (NULL when this host has none): borrowed,
 * for what the store keeps beside the engine. */
struct epoch_key;
const struct recipient *org_host(const struct org *org);
const struct epoch_key *org_key(const struct org *org);

/* What the log says, and where it lies: for whoever verifies all of it. */
struct chain;
const struct chain *org_chain(const struct org *org);
struct engine *org_engine(const struct org *org);

/* A record by id; NULL. A damaged record (its row is missing or does not verify) is NULL here and
 * counted by org_damaged(). */
const struct record *org_record(const struct org *org, struct record_id id);

/* A child by name. Accounts and inheritances of one parent share one space of names; every other
 * kind has its own. NULL; with org_damaged() above zero a damaged record might hide it, so that the
 * answer is EIO and not ENOENT. Of two live records with one name the lower id is served. */
const struct record *org_child(const struct org *org, struct record_id parent,
			       enum record_kind kind, const char *name);

/* All children of one parent, of all kinds, in no order: NULL `previous` gives the first. */
const struct record *org_next_child(const struct org *org, struct record_id parent,
				    const struct record *previous);

/* The inheritances whose target is this account: NULL `previous` gives the first. */
const struct record *org_next_heir(const struct org *org, struct record_id account,
				   const struct record *previous);

size_t org_damaged(const struct org *org);
/* How many of those are whole, and of a form that only a later version reads. Looks at each of
 * them in the engine. */
size_t org_later(const struct org *org);
struct map_row;
bool org_is_later(const struct org *org, const struct map_row *row);

/* Look at the sealed keys of all recipients, of which loading needs this host's alone: -EBADMSG
 * when one is missing, altered or not the log's, so that its owner would find himself shut out. */
int org_check_keys(const struct org *org) MUST_CHECK;

/* Open one value. `ret_time` (may be NULL) is when it was written, ns since 1970. -ENOENT no such
 * version; -EBADMSG when its row is missing, altered or moved; -ESTALE when it is not what it was
 * because others have written since: org_refresh(). */
int org_value(const struct org *org, struct record_id field, uint64_t version, struct secret **ret,
	      uint64_t *ret_time) MUST_CHECK;

/* The versions that exist of a field's value, ascending: at most `max`, returns how many. */
size_t org_value_versions(const struct org *org, struct record_id field, uint64_t *versions,
			  size_t max);

/* Sign, append, fold: when it returns 0 the change is durable and visible here; on any error
 * nothing has changed, except -EUCLEAN: the change is durable but could not be folded, and the
 * organisation must be loaded anew. -ENOSPC, -EIO, -EROFS from the engine; -ESTALE when another
 * writer was first; -EFBIG when the entry would be too large; -EACCES when this host may not sign
 * it; -EINVAL for a record without the relations or the name that its kind has (store/rule.h). A
 * change that neither puts nor removes anything is not written. */
int org_commit(struct org *org, const struct change *change) MUST_CHECK;
/* The same with the time that its entry is to have, ns since 1970, by which org_has_written() knows
 * it. */
int org_commit_at(struct org *org, const struct change *change, uint64_t time) MUST_CHECK;

/* Whether this host has signed a change of this time, above this generation. Errors of the engine;
 * -EBADMSG when the log that it gives is not the one that was verified. */
int org_has_written(const struct org *org, uint64_t generation, uint64_t time,
		    bool *ret) MUST_CHECK;

/* Several changes, of one organisation or of several in one engine, in one transaction: when it
 * returns 0 all of them are durable and visible, each organisation's as one entry; on any error
 * nothing has changed. No two changes may be of the same records. Errors of org_commit(), but for
 * -EUCLEAN after the fact, which org_is_unclean() tells. -EINVAL for more than ORG_CHANGES_MAX. */
enum { ORG_CHANGES_MAX = 16 };
struct org_change {
	struct org *org;
	const struct change *change;
	uint64_t time; /* of the entry, which is the first one's; 0: now */
};
int org_commit_all(const struct org_change *list, size_t count) MUST_CHECK;

/* Whether it is behind what is durable, and must be loaded anew: it takes no change any more. */
bool org_is_unclean(const struct org *org);

/* Tell each field whose present value this recipient could have read (store/exposure.h); a return
 * other than 0 ends the call, which returns it. -ENOENT when it was never a member. */
int org_exposure(const struct org *org, struct recipient_id recipient,
		 int (*each)(void *context, const struct record *field), void *context) MUST_CHECK;

/* What changes members and epochs (store/rekey.h); borrows from the organisation. */
struct rekey org_rekey(struct org *org);

/* Seal at most `max` rows of former epochs anew, as one entry; when none are left the former epochs
 * are retired. Errors of org_commit(). Nothing is written when there is nothing to do, or nothing
 * that can be done: `ret->moved` is 0 then, and `ret->left` counts the rows that are damaged. */
struct resealed {
	size_t moved; /* rows of this batch */
	size_t left;  /* rows of former epochs, those that cannot be opened included */
};
int org_reseal(struct org *org, size_t max, struct resealed *ret) MUST_CHECK;

/* Whether it was ended: it says nothing of itself any more, for good. Nobody is to be served it. */
bool org_is_ended(struct org *org);

/* End it, and remove all that it holds but its log and its keys, at most `max` rows in one entry:
 * the first call ends it, whoever comes after a crash goes on. `ret_left` says how many rows are
 * left. Errors of org_commit(). */
int org_end(struct org *org, size_t max, size_t *ret_left) MUST_CHECK;

/* The rows that org_reseal() has to seal anew. */
size_t org_reseal_left(const struct org *org);

/* Whether the engine has other entries than this organisation has followed; errors of the engine.
 */
int org_is_behind(const struct org *org, bool *ret) MUST_CHECK;

/* Follow what others have written (store/news.h); the caller owns `ret` (news_done). -EBADMSG or
 * -EPROTONOSUPPORT: it stays where it is from there on; any other error: it must be loaded anew,
 * and -EKEYREJECTED that this would be refused. Borrowed records are invalid. */
int org_refresh(struct org *org, struct news *ret) MUST_CHECK;
