#include "fs/personal.h"

#include <string.h>

#include "fs/account.h"
#include "fs/children.h"
#include "fs/edit.h"

static const struct record_id top = {{0}};

static bool is_own(struct tree *tree, const char *name, const struct caller *caller)
{
	const struct nss_name *user = nss_get(tree->nss, false, name);

	return caller->uid == 0 || (user && user->known && user->id == caller->uid);
}

static const struct children users = {RECORD_USER, NODE_USER, is_own};
static const struct children accounts = {RECORD_ACCOUNT, NODE_ACCOUNT, NULL};

int users_lookup(struct tree *tree, const struct node *directory, const char *name,
		 const struct caller *caller, struct node *ret)
{
	(void)caller;
	return children_lookup(&users, tree, directory, top, name, ret);
}

int users_list(struct tree *tree, const struct node *directory, const struct caller *caller,
	       struct listing *ret)
{
	const struct children_place place = {tree, directory, top, caller, 0};

	return children_list(&users, &place, ret);
}

/* Whether a user could be called so. */
static int check_name(const char *name)
{
	CLEANUP_PRINCIPALS struct principals principals = {0};
	CLEANUP_FREE char *text = NULL;
	int length = asprintf(&text, "user:%s\n", name);

	if (length < 0)
		return -ENOMEM;
	return principals_parse(text, (size_t)length, true, &principals, NULL);
}

int users_make_directory(const struct edit *edit)
{
	int r = edit_name(edit);

	if (r == 0)
		r = check_name(edit->name);
	if (r == 0)
		r = edit_need(edit, MAY_MANAGE | MAY_LIST);
	if (r == 0 && !is_own(edit->tree, edit->name, edit->caller))
		r = -EACCES;
	return r < 0 ? r : children_make(&users, edit);
}

int users_remove(const struct edit *edit, const struct node *child)
{
	CLEANUP(change_freep) struct change *change = NULL;
	struct org *org = NULL;
	int r = access_edit(edit->tree, child, edit->caller, MAY_MANAGE);

	if (r == 0)
		r = edit_need(edit, MAY_MANAGE | MAY_LIST);
	if (r == 0)
		r = edit_begin(edit, &org, &change);
	if (r == 0 && org_next_child(org, child->id, NULL))
		r = -ENOTEMPTY;
	if (r == 0)
		r = change_remove(change, child->id);
	if (r == 0)
		r = edit_commit_rights(edit->tree, edit->directory, org, change);
	return r;
}

int user_lookup(struct tree *tree, const struct node *directory, const char *name,
		const struct caller *caller, struct node *ret)
{
	(void)caller;
	return children_lookup(&accounts, tree, directory, directory->id, name, ret);
}

int user_list(struct tree *tree, const struct node *directory, const struct caller *caller,
	      struct listing *ret)
{
	const struct children_place place = {tree, directory, directory->id, caller, 0};

	return children_list(&accounts, &place, ret);
}

int user_make_directory(const struct edit *edit)
{
	int r = edit_need(edit, MAY_MANAGE);

	if (r == 0)
		r = edit_name(edit);
	return r < 0 ? r : account_make(edit, edit->directory->id);
}

int user_remove(const struct edit *edit, const struct node *child)
{
	int r = edit_need(edit, MAY_MANAGE);

	return r < 0 ? r : account_remove(edit, child);
}

int user_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		const struct node *replaced)
{
	/* Elsewhere it would be somebody else's to see. */
	if (!node_equal(edit->directory, to->directory))
		return -EPERM;
	return account_rename(edit, child, to, replaced);
}
