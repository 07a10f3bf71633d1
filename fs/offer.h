/*
 * Offers: what the links of projects lead to, an account or a data connection, and through which of
 * a connection's associations to which account. An account of a user's own is offered to nobody but
 * himself. Questions about an organisation's records; what is asked of one that is gone has no
 * answer. One thread at a time.
 */
#pragma once

#include "fs/tree.h"

/* The record of the user whose own the account is; NULL for an account of the organisation or of
 * one of its projects. */
const struct record *offer_owner(const struct org *org, const struct record *account);

/* The account that an association leads to; NULL when it is gone. */
const struct record *offer_account(const struct org *org, const struct record *association);

/* The associations of a connection with accounts of the organisation that are there: NULL
 * `previous` gives the first. */
const struct record *offer_next(const struct org *org, struct record_id connection,
				const struct record *previous);

/* The only one of them; NULL when there is none, or several. */
const struct record *offer_only(const struct org *org, struct record_id connection);

/* What a project that has this link may use: either may be NULL. Both are when the target is gone,
 * or while the feature that it needs is off. */
struct offer {
	const struct record *connection;
	const struct record *account;
};
struct offer offer_of(const struct tree *tree, const struct org *org, const struct record *link);

/* Call `each` for every link of a project through which it may use the account, or the connection;
 * what it returns other than 0 ends the call. */
typedef int offer_each_fn(void *context, const struct record *link);
int offer_each_link(const struct tree *tree, const struct org *org, const struct record *record,
		    offer_each_fn *each, void *context) MUST_CHECK;
