#include "fs/deletion.h"

#include <string.h>

#include "fs/offer.h"

bool deletion_leaves_fields(const struct org *org, struct record_id id)
{
	const struct record *field = NULL;

	while ((field = org_next_child(org, id, field))) {
		if (field->kind == RECORD_FIELD && field->value_version)
			return true;
	}
	return false;
}

static int put_dangling(struct change *change, const struct record *heir, const char *name)
{
	CLEANUP_RECORD struct record dangling = {0};
	int r = record_copy(heir, &dangling);

	if (r < 0)
		return r;
	free(dangling.text);
	dangling.text = strdup(name);
	return dangling.text ? change_put(change, &dangling) : -ENOMEM;
}

/* What is offered to the owner of an account alone would, without it, be nobody's. */
static bool goes_along(const struct org *org, const struct record *heir,
		       const struct record *record)
{
	return heir->kind == RECORD_ASSOCIATION && record->kind == RECORD_ACCOUNT &&
	       offer_owner(org, record);
}

static int put_heirs(struct change *change, const struct org *org, const struct record *record)
{
	const struct record *heir = NULL;
	int r = 0;

	while (r == 0 && (heir = org_next_heir(org, record->id, heir))) {
		if (goes_along(org, heir, record))
			r = change_remove(change, heir->id);
		else
			r = put_dangling(change, heir, record->name);
	}
	return r;
}

/* Whether the account is associated with anything else. */
static bool has_another(const struct org *org, const struct record *account,
			const struct record *association)
{
	const struct record *heir = NULL;

	while ((heir = org_next_heir(org, account->id, heir))) {
		if (heir->kind == RECORD_ASSOCIATION && !record_id_equal(heir->id, association->id))
			return true;
	}
	return false;
}

int deletion_put_orphan(struct change *change, const struct org *org, const struct record *account,
			const struct record *association)
{
	struct record orphan = *account;

	if (has_another(org, account, association))
		return 0;
	orphan.orphaned = tree_now();
	return change_put(change, &orphan);
}

int deletion_put_association(struct change *change, const struct org *org,
			     const struct record *association)
{
	const struct record *account = offer_account(org, association);
	int r = put_heirs(change, org, association);

	if (r == 0 && account)
		r = deletion_put_orphan(change, org, account, association);
	return r < 0 ? r : change_remove(change, association->id);
}

static int put_child(struct change *change, const struct org *org, const struct record *child)
{
	return child->kind == RECORD_ASSOCIATION ? deletion_put_association(change, org, child)
						 : change_remove(change, child->id);
}

int deletion_put(struct change *change, const struct org *org, const struct record *record)
{
	const struct record *child = NULL;
	int r = put_heirs(change, org, record);

	while (r == 0 && (child = org_next_child(org, record->id, child)))
		r = put_child(change, org, child);
	return r < 0 ? r : change_remove(change, record->id);
}
