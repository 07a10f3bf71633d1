/*
 * Membership: who the members of an organisation are, what each may do, and under which key new
 * rows are sealed. Every membership entry says all of it anew. A plain value that owns its array;
 * the chain has one. One thread at a time.
 */
#pragma once

#include "store/entry.h"

struct member {
	struct recipient_id id;
	struct recipient_public public;
	enum capability can;
};

struct membership {
	struct member *members;
	size_t member_count;
	uint32_t epoch;
	struct digest commitment;
	struct digest wrapset;
};

void membership_done(struct membership *membership);
#define CLEANUP_MEMBERSHIP CLEANUP(membership_done)

/* What a membership entry says; the caller owns `ret`. -ENOMEM. */
int membership_of(const struct entry *entry, struct membership *ret) MUST_CHECK;

/* Borrowed; NULL when the recipient is no member. */
const struct member *membership_find(const struct membership *membership, struct recipient_id id);
