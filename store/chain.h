/*
 * The chain: an organisation's log as far as it was verified, and what follows from it: who its
 * members are, which key epoch holds, and the map of its rows. An entry is followed only if it is
 * the next one, if its signer was a member then and allowed to write what it writes, if its
 * signature holds, and if the map after it has the root that it signs; otherwise the chain stays
 * where it was. Keys and contents of rows are not its concern. One thread at a time.
 */
#pragma once

#include "store/map.h"
#include "store/mark.h"
#include "store/membership.h"

struct chain;

/* A chain that waits for the genesis entry with this digest. -ENOMEM. */
int chain_new(const struct digest *fingerprint, struct chain **ret) MUST_CHECK;
struct chain *chain_free(struct chain *chain);
DEFINE_CLEANUP(struct chain, chain_free);

/* The entries up to the mark were verified by this host before: their signatures and roots are not
 * looked at again, since each names the one before it, and the last must be the mark's. Until the
 * chain is there it proves nothing; -EBADMSG from chain_follow() when it arrives elsewhere, and it
 * is of no use then. Before the first entry. */
void chain_trust(struct chain *chain, const struct mark *mark);

/* Verify the next entry and take its changes into the map. -EBADMSG when it does not verify;
 * -EPROTONOSUPPORT when only a later version can follow it, and a member has signed it: who alters
 * an entry cannot make it one of those; -ENOMEM. */
int chain_follow(struct chain *chain, const uint8_t *bytes, size_t size) MUST_CHECK;

/* Of the newest entry; generation 0 before genesis. */
uint64_t chain_generation(const struct chain *chain);
const struct digest *chain_head(const struct chain *chain);
uint64_t chain_time(const struct chain *chain);

struct org_id chain_org(const struct chain *chain);
const struct map *chain_map(const struct chain *chain);

/* The epoch that new rows are sealed under. */
uint32_t chain_epoch(const struct chain *chain);

/* Members and epochs; borrowed until the next entry. */
const struct membership *chain_membership(const struct chain *chain);

/* What the recipient may do now; false when it is no member. */
bool chain_member(const struct chain *chain, struct recipient_id recipient,
		  enum capability *ret) MUST_CHECK;

/* Take a row into the map for the entry to come, or out of it when `digest` is zero. -EBADMSG for
 * a row that is not to be there or not there to be removed; -EPROTONOSUPPORT for a kind of a later
 * version; -ENOMEM. */
int chain_stage(struct chain *chain, const struct row_ref *ref,
		const struct digest *digest) MUST_CHECK;
size_t chain_staged(const struct chain *chain);

/* Put back everything that was staged. */
void chain_unstage(struct chain *chain);

/* Make and sign the entry for what is staged; the caller frees `ret`. -EACCES when the signer may
 * not; errors of entry_sign(). -EUCLEAN when chain_unstage() had no memory once. */
int chain_sign(struct chain *chain, const struct recipient *signer, uint64_t time, uint8_t **ret,
	       size_t *ret_size) MUST_CHECK;

/* Make and sign a membership entry, with nothing staged: `membership` is what is to hold after it.
 * -EBADMSG when an entry of this type cannot lead there (membership_turn()); else as above. */
int chain_sign_membership(struct chain *chain, enum entry_type type,
			  const struct membership *membership, const struct recipient *signer,
			  uint64_t time, uint8_t **ret, size_t *ret_size) MUST_CHECK;

/* Make and sign an entry that abandons an end of the log, with nothing staged; else as above. */
int chain_sign_recover(struct chain *chain, const struct mark *abandoned,
		       const struct recipient *signer, uint64_t time, uint8_t **ret,
		       size_t *ret_size) MUST_CHECK;

/* Whether an entry followed so far abandons what the mark stands for (store/abandoned.h). */
bool chain_abandons(const struct chain *chain, const struct mark *mark);

/* The entry just signed is the newest one now; cannot fail. */
void chain_accept(struct chain *chain);
