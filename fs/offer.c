#include "fs/offer.h"

static const struct record *of_kind(const struct org *org, struct record_id id,
				    enum record_kind kind)
{
	const struct record *record = org_record(org, id);

	return record && record->kind == kind ? record : NULL;
}

const struct record *offer_owner(const struct org *org, const struct record *account)
{
	return of_kind(org, account->parent, RECORD_USER);
}

const struct record *offer_account(const struct org *org, const struct record *association)
{
	return of_kind(org, association->target, RECORD_ACCOUNT);
}

/* An account that belongs to nobody but the organisation. */
static const struct record *shared_account(const struct org *org, struct record_id id)
{
	const struct record *account = of_kind(org, id, RECORD_ACCOUNT);

	return account && record_id_is_zero(account->parent) ? account : NULL;
}

const struct record *offer_next(const struct org *org, struct record_id connection,
				const struct record *previous)
{
	const struct record *record = previous;

	while ((record = org_next_child(org, connection, record))) {
		if (record->kind == RECORD_ASSOCIATION && shared_account(org, record->target))
			return record;
	}
	return NULL;
}

const struct record *offer_only(const struct org *org, struct record_id connection)
{
	const struct record *first = offer_next(org, connection, NULL);

	return first && !offer_next(org, connection, first) ? first : NULL;
}

struct offer offer_of(const struct tree *tree, const struct org *org, const struct record *link)
{
	const struct record *target = org_record(org, link->target);
	const struct record *association = NULL;
	struct offer offer = {0};

	if (target && target->kind == RECORD_ACCOUNT)
		offer.account = shared_account(org, target->id);
	if (!target || !tree->settings->connections)
		return offer;
	if (target->kind == RECORD_ASSOCIATION)
		association = target;
	else if (target->kind == RECORD_CONNECTION)
		association = offer_only(org, target->id);
	if (association)
		offer.account = shared_account(org, association->target);
	if (target->kind == RECORD_CONNECTION)
		offer.connection = target;
	else if (association)
		offer.connection = of_kind(org, association->parent, RECORD_CONNECTION);
	return offer;
}

/* The links that lead to this record itself. */
static int each_direct(const struct org *org, struct record_id target, offer_each_fn *each,
		       void *context)
{
	const struct record *link = NULL;
	int r = 0;

	while (r == 0 && (link = org_next_heir(org, target, link))) {
		if (link->kind == RECORD_INHERIT)
			r = each(context, link);
	}
	return r;
}

/* The links that lead to an account through this association. */
static int each_through(const struct org *org, const struct record *association,
			offer_each_fn *each, void *context)
{
	const struct record *only = offer_only(org, association->parent);
	int r = each_direct(org, association->id, each, context);

	if (r == 0 && only && record_id_equal(only->id, association->id))
		r = each_direct(org, association->parent, each, context);
	return r;
}

static int each_of_account(const struct org *org, const struct record *account, offer_each_fn *each,
			   void *context)
{
	const struct record *heir = NULL;
	int r = 0;

	while (r == 0 && (heir = org_next_heir(org, account->id, heir))) {
		if (heir->kind == RECORD_ASSOCIATION)
			r = each_through(org, heir, each, context);
	}
	return r;
}

static int each_of_connection(const struct org *org, const struct record *connection,
			      offer_each_fn *each, void *context)
{
	const struct record *child = NULL;
	int r = 0;

	while (r == 0 && (child = org_next_child(org, connection->id, child))) {
		if (child->kind == RECORD_ASSOCIATION)
			r = each_direct(org, child->id, each, context);
	}
	return r;
}

int offer_each_link(const struct tree *tree, const struct org *org, const struct record *record,
		    offer_each_fn *each, void *context)
{
	int r = 0;

	if (record->kind == RECORD_ACCOUNT && !record_id_is_zero(record->parent))
		return 0;
	if (record->kind == RECORD_CONNECTION && !tree->settings->connections)
		return 0;
	r = each_direct(org, record->id, each, context);
	if (r == 0 && tree->settings->connections)
		r = record->kind == RECORD_CONNECTION
			    ? each_of_connection(org, record, each, context)
			    : each_of_account(org, record, each, context);
	return r;
}
