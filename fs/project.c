#include "fs/project.h"

#include <string.h>

#include "fs/account.h"
#include "fs/children.h"
#include "fs/edit.h"
#include "fs/link.h"
#include "fs/role_file.h"

static const struct record_id top = {{0}};
static const struct children projects = {RECORD_PROJECT, NODE_PROJECT, NULL};

/* Names that mean something in a project, now or with a later view of it. */
static const char *const reserved[] = {"roles", "env", "env.json"};

static bool is_reserved(const char *name)
{
	for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
		if (strcmp(name, reserved[i]) == 0)
			return true;
	}
	return false;
}

uint64_t project_updated(struct tree *tree, const struct node *node)
{
	const struct record *record = NULL;
	struct org *org = NULL;

	if (tree_org(tree, node, &org) == 0)
		record = org_record(org, node->id);
	return record ? record->updated : tree->started;
}

int projects_lookup(struct tree *tree, const struct node *directory, const char *name,
		    const struct caller *caller, struct node *ret)
{
	(void)caller;
	return children_lookup(&projects, tree, directory, top, name, ret);
}

int projects_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		  struct listing *ret)
{
	const struct children_place place = {tree, directory, top, caller, 0};

	return children_list(&projects, &place, ret);
}

int projects_make_directory(const struct edit *edit)
{
	int r = edit_need(edit, MAY_MANAGE);

	if (r == 0)
		r = edit_name(edit);
	return r < 0 ? r : children_make(&projects, edit);
}

/* Its roles go with it; accounts and links must have gone before. */
static int put_removed(struct change *change, const struct org *org, const struct node *project)
{
	const struct record *child = NULL;
	int r = 0;

	while (r == 0 && (child = org_next_child(org, project->id, child)))
		r = child->kind == RECORD_ROLE ? change_remove(change, child->id) : -ENOTEMPTY;
	return r < 0 ? r : change_remove(change, project->id);
}

int projects_remove(const struct edit *edit, const struct node *child)
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
	edit_tidy(edit->tree);
	return 0;
}

int projects_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		    const struct node *replaced)
{
	return children_rename(edit, child, to, replaced, put_removed);
}

int project_lookup(struct tree *tree, const struct node *directory, const char *name,
		   const struct caller *caller, struct node *ret)
{
	const struct pending *pending = pendings_find(tree->pendings, directory->id, name);
	const struct record *record;
	struct org *org = NULL;
	int r = tree_org(tree, directory, &org);

	if (r < 0)
		return r;
	if (strcmp(name, "roles") == 0) {
		*ret = (struct node){NODE_ROLES, directory->pin, directory->id, 0};
		return 0;
	}
	if (pending && pending->maker == caller->uid) {
		*ret = (struct node){NODE_PENDING, directory->pin, pending->id, 0};
		return 0;
	}
	record = org_child(org, directory->id, RECORD_ACCOUNT, name);
	if (!record)
		return org_damaged(org) ? -EIO : -ENOENT;
	*ret = (struct node){record->kind == RECORD_ACCOUNT ? NODE_ACCOUNT : NODE_LINK,
			     directory->pin, record->id, 0};
	return 0;
}

int project_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		 struct listing *ret)
{
	const struct node roles = {NODE_ROLES, directory->pin, directory->id, 0};
	const struct record *record = NULL;
	struct org *org = NULL;
	int r = tree_org(tree, directory, &org);

	(void)caller;
	if (r == 0)
		r = listing_add(ret, "roles", &roles, 0);
	while (r == 0 && (record = org_next_child(org, directory->id, record))) {
		const bool link = record->kind == RECORD_INHERIT;
		const struct node node = {link ? NODE_LINK : NODE_ACCOUNT, directory->pin,
					  record->id, 0};

		if ((link || record->kind == RECORD_ACCOUNT) &&
		    org_child(org, directory->id, record->kind, record->name) == record)
			r = listing_add(ret, record->name, &node, 1);
	}
	return r;
}

int project_make_directory(const struct edit *edit)
{
	int r = edit_need(edit, MAY_MANAGE);

	if (r == 0)
		r = edit_name(edit);
	if (r < 0)
		return r;
	return is_reserved(edit->name) ? -EINVAL : account_make(edit, edit->directory->id);
}

int project_make_link(const struct edit *edit, const char *target)
{
	return is_reserved(edit->name) ? -EINVAL : link_make(edit, target);
}

int project_remove(const struct edit *edit, const struct node *child)
{
	int r;

	if (child->kind == NODE_LINK)
		return link_remove(edit, child);
	if (child->kind == NODE_ROLES)
		return roles_remove_directory(edit);
	if (child->kind == NODE_PENDING) {
		pendings_remove(edit->tree->pendings, child->id);
		return 0;
	}
	r = edit_need(edit, MAY_MANAGE);
	return r < 0 ? r : account_remove(edit, child);
}

int project_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		   const struct node *replaced)
{
	/* What a project has stays in it: elsewhere it would be somebody else's to use. */
	if (!node_equal(edit->directory, to->directory) || is_reserved(to->name))
		return -EPERM;
	if (child->kind == NODE_ACCOUNT)
		return account_rename(edit, child, to, replaced);
	if (child->kind == NODE_LINK || child->kind == NODE_PENDING)
		return link_rename(edit, child, to, replaced);
	return -EPERM;
}
