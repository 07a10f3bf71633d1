#include "fs/association.h"

#include <string.h>

#include "fs/edit.h"
#include "fs/grants.h"
#include "fs/link.h"
#include "fs/offer.h"
#include "fs/deletion.h"
#include "fs/walk.h"

/* The user to whom alone it is offered; NULL: the organisation's. */
static const struct record *owner_of(const struct org *org, const struct record *association)
{
	const struct record *account = offer_account(org, association);

	return account ? offer_owner(org, account) : NULL;
}

static bool is_user(struct tree *tree, const struct record *user, const struct caller *caller)
{
	const struct nss_name *name = nss_get(tree->nss, false, user->name);

	return name && name->known && name->id == caller->uid;
}

static bool is_seen(struct tree *tree, const struct org *org, const struct record *association,
		    const struct caller *caller)
{
	const struct record *account = offer_account(org, association);
	const struct record *owner = owner_of(org, association);

	if (!account || record_id_is_zero(account->parent) || caller->uid == 0)
		return true;
	return owner && is_user(tree, owner, caller);
}

/* Of several that the caller may see under one name: his own, the organisation's, somebody's. */
static unsigned rank_of(struct tree *tree, const struct org *org, const struct record *association,
			const struct caller *caller)
{
	const struct record *owner = owner_of(org, association);

	if (!owner)
		return 1;
	return is_user(tree, owner, caller) ? 0 : 2;
}

const struct record *association_find(struct tree *tree, const struct org *org,
				      const struct node *directory, const char *name,
				      const struct caller *caller)
{
	const struct record *record = NULL;
	const struct record *found = NULL;
	unsigned best = 0;

	while ((record = org_next_child(org, directory->id, record))) {
		const unsigned rank =
			record->kind == RECORD_ASSOCIATION ? rank_of(tree, org, record, caller) : 0;

		if (record->kind != RECORD_ASSOCIATION || strcmp(record->name, name) != 0 ||
		    !is_seen(tree, org, record, caller))
			continue;
		if (!found || rank < best ||
		    (rank == best && record_id_compare(record->id, found->id) < 0)) {
			found = record;
			best = rank;
		}
	}
	return found;
}

int association_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		     struct listing *ret)
{
	const unsigned last = ~0u - 1;
	const struct record *record = NULL;
	struct org *org = NULL;
	int r = tree_org(tree, directory, &org);

	while (r == 0 && (record = org_next_child(org, directory->id, record))) {
		const struct node node = {NODE_ASSOCIATION, directory->pin, record->id, 0};

		if (record->kind == RECORD_ASSOCIATION &&
		    association_find(tree, org, directory, record->name, caller) == record)
			r = listing_add(ret, record->name, &node, last);
	}
	return r;
}

/* Who may associate and dissociate this account, on a host that may sign it. */
static int check_right(const struct edit *edit, const struct org *org, const struct record *account)
{
	const struct record *owner = account ? offer_owner(org, account) : NULL;
	int r = edit_need(edit, owner ? MAY_MANAGE | MAY_LIST : MAY_MANAGE);

	if (r == 0 && owner && edit->caller->uid != 0 && !is_user(edit->tree, owner, edit->caller))
		r = -EACCES;
	return r == 0 && org_capability(org) < CAN_MANAGE ? -EROFS : r;
}

/* The account that a target names: of the organisation, or of the caller's own. */
static int resolve(const struct edit *edit, const struct org *org, const char *target,
		   struct record_id *ret)
{
	const struct record *account;
	struct node end = {0};
	int r = walk_to(edit, target, &end);

	if (r < 0)
		return r;
	account = end.kind == NODE_ACCOUNT ? org_record(org, end.id) : NULL;
	/* A project's own account is that project's alone. */
	if (!account || !(record_id_is_zero(account->parent) || offer_owner(org, account)))
		return -EINVAL;
	*ret = account->id;
	return 0;
}

static bool is_associated(const struct org *org, struct record_id connection,
			  struct record_id account)
{
	const struct record *record = NULL;

	while ((record = org_next_child(org, connection, record))) {
		if (record->kind == RECORD_ASSOCIATION && record_id_equal(record->target, account))
			return true;
	}
	return false;
}

static bool is_linked_as_a_whole(const struct org *org, struct record_id connection)
{
	const struct record *heir = NULL;

	while ((heir = org_next_heir(org, connection, heir))) {
		if (heir->kind == RECORD_INHERIT)
			return true;
	}
	return false;
}

/* `replaced`: whose place it takes; NULL. */
static int check(const struct edit *edit, const struct org *org, const struct record *account,
		 const struct record *replaced)
{
	const struct record_id connection = edit->directory->id;
	struct grants_change change = {.account = account->id, .connection = connection};

	if (is_associated(org, connection, account->id))
		return -EEXIST;
	if (offer_owner(org, account))
		return 0;
	if (!replaced && offer_next(org, connection, NULL) && is_linked_as_a_whole(org, connection))
		return -EBUSY;
	if (replaced)
		change.association = replaced->id;
	return grants_check(edit->tree, org, &change);
}

static int check_name(const struct edit *edit, const struct org *org)
{
	const struct record *connection = org_record(org, edit->directory->id);
	int r = edit_name(edit);

	if (r < 0)
		return r;
	if (!connection)
		return -ENOENT;
	if (strcmp(edit->name, "provider") == 0)
		return -EINVAL;
	return provider_field(tree_provider(edit->tree, connection), edit->name) ? -EINVAL : 0;
}

/* Not taken, among the organisation's or among the owner's. */
static int check_free(const struct edit *edit, const struct org *org, const struct record *account)
{
	const struct record *owner = offer_owner(org, account);
	const struct record *record = NULL;

	while ((record = org_next_child(org, edit->directory->id, record))) {
		if (record->kind == RECORD_ASSOCIATION && strcmp(record->name, edit->name) == 0 &&
		    owner_of(org, record) == owner)
			return -EEXIST;
	}
	return 0;
}

/* The account is associated again. */
static int put_used(struct change *change, const struct record *account)
{
	struct record used = *account;

	if (!account->orphaned)
		return 0;
	used.orphaned = 0;
	return change_put(change, &used);
}

static int put_association(struct change *change, const struct edit *edit,
			   const struct record *account)
{
	CLEANUP_RECORD struct record association = {0};
	int r = edit_record(RECORD_ASSOCIATION, edit->directory->id, edit->name, &association);

	association.target = account->id;
	if (r == 0)
		r = change_put(change, &association);
	return r < 0 ? r : put_used(change, account);
}

int association_make(const struct edit *edit, const char *target)
{
	CLEANUP(change_freep) struct change *change = NULL;
	const struct record *account = NULL;
	struct record_id id;
	struct org *org = NULL;
	int r = edit_need(edit, MAY_MANAGE | MAY_LIST);

	if (r == 0)
		r = edit_begin(edit, &org, &change);
	if (r == 0)
		r = resolve(edit, org, target, &id);
	if (r < 0)
		return r;
	account = org_record(org, id);
	r = check_right(edit, org, account);
	if (r == 0 && link_is_temporary(edit->name))
		return link_make_pending(edit, id);
	if (r == 0)
		r = check_name(edit, org);
	if (r == 0)
		r = check_free(edit, org, account);
	if (r == 0)
		r = check(edit, org, account, NULL);
	if (r == 0)
		r = put_association(change, edit, account);
	return r < 0 ? r : edit_commit_links(edit, org, change);
}

int association_remove(const struct edit *edit, const struct node *child)
{
	CLEANUP(change_freep) struct change *change = NULL;
	const struct record *association;
	struct org *org = NULL;
	int r = edit_begin(edit, &org, &change);

	if (r < 0)
		return r;
	association = org_record(org, child->id);
	if (!association)
		return -ENOENT;
	r = check_right(edit, org, offer_account(org, association));
	if (r == 0)
		r = deletion_put_association(change, org, association);
	return r < 0 ? r : edit_commit_links(edit, org, change);
}

/* Another account in the place of one that is associated: who has chosen that name goes on. */
static int put_retargeted(struct change *change, const struct org *org,
			  const struct record *association, const struct record *account)
{
	CLEANUP_RECORD struct record retargeted = {0};
	const struct record *former = offer_account(org, association);
	int r = record_copy(association, &retargeted);

	retargeted.target = account->id;
	retargeted.updated = tree_now();
	free(TAKE_PTR(retargeted.text));
	if (r == 0)
		r = change_put(change, &retargeted);
	if (r == 0)
		r = put_used(change, account);
	if (r == 0 && former)
		r = deletion_put_orphan(change, org, former, association);
	return r;
}

/* A pending one becomes real. */
static int rename_pending(const struct edit *to, struct org *org, struct change *change,
			  const struct record *account, const struct record *replaced)
{
	/* Somebody else's kind of association is another name. */
	const struct record *taken =
		replaced && owner_of(org, replaced) == offer_owner(org, account) ? replaced : NULL;
	int r = check_right(to, org, account);

	if (r == 0)
		r = check(to, org, account, taken);
	if (r < 0)
		return r;
	return taken ? put_retargeted(change, org, taken, account)
		     : put_association(change, to, account);
}

static int rename_real(const struct edit *to, struct org *org, struct change *change,
		       const struct record *association, const struct record *replaced)
{
	CLEANUP_RECORD struct record renamed = {0};
	int r = check_right(to, org, offer_account(org, association));

	if (r == 0 && replaced)
		r = check_right(to, org, offer_account(org, replaced));
	if (r == 0 && replaced)
		r = deletion_put_association(change, org, replaced);
	if (r == 0)
		r = edit_renamed(association, to->name, &renamed);
	return r < 0 ? r : change_put(change, &renamed);
}

int association_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		       const struct node *replaced)
{
	const struct pending *pending = pendings_get(edit->tree->pendings, child->id);
	CLEANUP(change_freep) struct change *change = NULL;
	const struct record *moved, *there;
	struct org *org = NULL;
	int r = edit_begin(edit, &org, &change);

	if (r < 0)
		return r;
	if (!node_equal(edit->directory, to->directory) ||
	    (replaced && replaced->kind != NODE_ASSOCIATION))
		return -EPERM;
	r = link_is_temporary(to->name) ? -EINVAL : check_name(to, org);
	if (r < 0)
		return r;
	moved = org_record(org, pending ? pending->target : child->id);
	there = replaced ? org_record(org, replaced->id) : NULL;
	if (!moved)
		return -ENOENT;
	r = pending ? rename_pending(to, org, change, moved, there)
		    : rename_real(to, org, change, moved, there);
	if (r == 0)
		r = edit_commit_links(edit, org, change);
	if (r == 0)
		pendings_remove(edit->tree->pendings, child->id);
	return r;
}
