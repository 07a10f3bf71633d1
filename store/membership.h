/*
 * Membership: who the members of an organisation are, what each may do, and which epochs' keys
 * there are, of which the last seals new rows. Every membership entry says all of it anew; how it
 * may differ from what was before follows from the entry's type. A plain value that owns its
 * arrays; the chain has one. One thread at a time.
 */
#pragma once

#include "store/entry.h"

struct member {
	struct recipient_id id;
	struct recipient_public public;
	enum capability can;
};

struct membership {
	struct member *members; /* by id, ascending */
	size_t member_count;
	struct entry_epoch *epochs; /* by number, ascending */
	size_t epoch_count;
};

void membership_done(struct membership *membership);
#define CLEANUP_MEMBERSHIP CLEANUP(membership_done)

/* What a membership entry says; the caller owns `ret`. -EBADMSG when a member comes twice or nobody
 * could change it any more; -ENOMEM. */
int membership_of(const struct entry *entry, struct membership *ret) MUST_CHECK;
/* The other way round: what an entry is to say, into arrays that it owns. -ENOMEM. */
int membership_list(const struct membership *membership, struct entry *entry) MUST_CHECK;
/* A copy. -ENOMEM. */
int membership_copy(const struct membership *membership, struct membership *ret) MUST_CHECK;

/* Whether an entry of this type may turn the one into the other: -EBADMSG. Genesis and recover are
 * not asked for here: they follow nothing, or whatever was. */
int membership_turn(enum entry_type type, const struct membership *old,
		    const struct membership *new) MUST_CHECK;

/* Borrowed; NULL when the recipient is no member. */
const struct member *membership_find(const struct membership *membership, struct recipient_id id);
/* Borrowed; NULL when there is no such epoch, or none any more. */
const struct entry_epoch *membership_epoch(const struct membership *membership, uint32_t number);
/* The epoch of new rows; there is one. */
const struct entry_epoch *membership_newest(const struct membership *membership);

/* Let a recipient in, or have a member do something else; -EINVAL for keys that are not valid. For
 * who makes an entry. -ENOMEM. */
int membership_put(struct membership *membership, const struct recipient_public *public,
		   enum capability can) MUST_CHECK;
/* -ENOENT when the recipient is no member. */
int membership_remove(struct membership *membership, struct recipient_id id) MUST_CHECK;
/* Begin an epoch, behind the others. -ENOMEM. */
int membership_begin(struct membership *membership, const struct digest *commitment) MUST_CHECK;
/* End every epoch but the newest. */
void membership_retire(struct membership *membership);
/* Whether one can change the membership at all. */
bool membership_has_manager(const struct membership *membership);
