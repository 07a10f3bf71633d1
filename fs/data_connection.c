#include "fs/data_connection.h"

#include <string.h>

#include "fs/account.h"
#include "fs/association.h"
#include "fs/children.h"
#include "fs/edit.h"
#include "fs/offer.h"
#include "fs/deletion.h"
#include "fs/scratch_dir.h"

static const struct record_id top = {{0}};
static const struct children connections = {RECORD_CONNECTION, NODE_CONNECTION, NULL};

int connections_lookup(struct tree *tree, const struct node *directory, const char *name,
		       const struct caller *caller, struct node *ret)
{
	(void)caller;
	return children_lookup(&connections, tree, directory, top, name, ret);
}

int connections_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		     struct listing *ret)
{
	const struct children_place place = {tree, directory, top, caller, 0};

	return children_list(&connections, &place, ret);
}

int connections_make_directory(const struct edit *edit)
{
	int r = edit_need(edit, MAY_MANAGE);

	if (r == 0)
		r = edit_name(edit);
	return r < 0 ? r : children_make(&connections, edit);
}

/* Whether everybody who may see the connection finds nothing in it. */
static bool is_empty(const struct org *org, const struct record *connection)
{
	const struct record *child = NULL;

	while ((child = org_next_child(org, connection->id, child))) {
		const struct record *account = NULL;

		if (child->kind != RECORD_ASSOCIATION)
			continue;
		account = offer_account(org, child);
		if (!account || !offer_owner(org, account))
			return false;
	}
	return !deletion_leaves_fields(org, connection->id);
}

static int put_removed(struct change *change, const struct org *org, const struct node *node)
{
	const struct record *connection = org_record(org, node->id);

	if (!connection)
		return -ENOENT;
	return is_empty(org, connection) ? deletion_put(change, org, connection) : -ENOTEMPTY;
}

static void tell_removed(const struct edit *edit, const struct node *removed)
{
	scratch_remove_all(edit->tree->scratch, removed);
	edit_tidy(edit->tree);
}

int connections_remove(const struct edit *edit, const struct node *child)
{
	CLEANUP(change_freep) struct change *change = NULL;
	struct org *org = NULL;
	int r = edit_need(edit, MAY_MANAGE);

	if (r == 0)
		r = edit_begin(edit, &org, &change);
	if (r == 0)
		r = put_removed(change, org, child);
	if (r == 0)
		r = edit_commit_rights(edit->tree, edit->directory, org, change);
	if (r < 0)
		return r;
	tell_removed(edit, child);
	return 0;
}

int connections_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		       const struct node *replaced)
{
	int r = children_rename(edit, child, to, replaced, put_removed);

	if (r == 0 && replaced)
		tell_removed(edit, replaced);
	return r;
}

int data_connection_lookup(struct tree *tree, const struct node *directory, const char *name,
			   const struct caller *caller, struct node *ret)
{
	const struct pending *pending = pendings_find(tree->pendings, directory->id, name);
	const struct record *association;
	struct org *org = NULL;
	int r = tree_org(tree, directory, &org);

	if (r < 0)
		return r;
	if (pending && !record_id_is_zero(pending->target)) {
		*ret = (struct node){NODE_PENDING, directory->pin, pending->id, 0};
		return pending->maker == caller->uid ? 0 : -ENOENT;
	}
	association = association_find(tree, org, directory, name, caller);
	if (association) {
		*ret = (struct node){NODE_ASSOCIATION, directory->pin, association->id, 0};
		return 0;
	}
	/* What an account is, a connection is not. */
	if (strcmp(name, "provider") == 0)
		return -ENOENT;
	return account_lookup(tree, directory, name, caller, ret);
}

int data_connection_list(struct tree *tree, const struct node *directory,
			 const struct caller *caller, struct listing *ret)
{
	int r = account_list(tree, directory, caller, ret);

	return r < 0 ? r : association_list(tree, directory, caller, ret);
}

int data_connection_make_link(const struct edit *edit, const char *target)
{
	if (scratch_dir_is_name(edit->tree, edit->name))
		return scratch_dir_make_link(edit, target);
	return association_make(edit, target);
}

int data_connection_remove(const struct edit *edit, const struct node *child)
{
	if (child->kind == NODE_ASSOCIATION)
		return association_remove(edit, child);
	if (child->kind == NODE_PENDING) {
		pendings_remove(edit->tree->pendings, child->id);
		return 0;
	}
	return account_remove_file(edit, child);
}

int data_connection_rename(const struct edit *edit, const struct node *child, const struct edit *to,
			   const struct node *replaced)
{
	if (child->kind == NODE_ASSOCIATION || child->kind == NODE_PENDING)
		return association_rename(edit, child, to, replaced);
	return account_rename_file(edit, child, to, replaced);
}
