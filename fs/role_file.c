#include "fs/role_file.h"

#include <string.h>

#include "fs/acl.h"
#include "fs/edit.h"
#include "fs/grants.h"
#include "fs/log.h"
#include "fs/scratch_dir.h"

static const struct role *role_of(const struct tree *tree, const struct node *node)
{
	return &tree->settings->roles.list[node->number];
}

static enum role_scope scope_of(const struct node *node)
{
	return record_id_is_zero(node->id) ? SCOPE_ORGANISATION : SCOPE_PROJECT;
}

static const struct record *binding_of(const struct tree *tree, const struct org *org,
				       const struct node *node)
{
	return org_child(org, node->id, RECORD_ROLE, role_of(tree, node)->name);
}

int roles_lookup(struct tree *tree, const struct node *directory, const char *name,
		 const struct caller *caller, struct node *ret)
{
	const struct roles *roles = &tree->settings->roles;
	const struct role *role = roles_find(roles, scope_of(directory), name);

	if (!role)
		return scratch_dir_lookup(tree, directory, name, caller, ret);
	*ret = (struct node){NODE_ROLE, directory->pin, directory->id,
			     (uint64_t)(role - roles->list)};
	return 0;
}

int roles_list(struct tree *tree, const struct node *directory, const struct caller *caller,
	       struct listing *ret)
{
	const struct roles *roles = &tree->settings->roles;
	int r = scratch_dir_list(tree, directory, caller, ret);

	for (size_t i = 0; i < roles->count && r == 0; i++) {
		const struct node node = {NODE_ROLE, directory->pin, directory->id, i};

		if (roles->list[i].scope == scope_of(directory))
			r = listing_add(ret, roles->list[i].name, &node, 0);
	}
	return r;
}

int role_content(struct tree *tree, const struct node *node, struct secret **ret,
		 uint64_t *ret_version)
{
	const struct record *binding;
	struct org *org = NULL;
	const char *text = "";
	int r = tree_org(tree, node, &org);

	if (r < 0)
		return r;
	binding = binding_of(tree, org, node);
	if (!binding && org_damaged(org))
		return -EIO;
	if (binding && binding->text)
		text = binding->text;
	*ret_version = binding ? binding->version : 0;
	return secret_copy(tree->pool, text, strlen(text), ret);
}

uint64_t role_updated(struct tree *tree, const struct node *node)
{
	const struct record *binding = NULL;
	struct org *org = NULL;

	if (tree_org(tree, node, &org) == 0)
		binding = binding_of(tree, org, node);
	return binding ? binding->updated : tree->started;
}

/* Somebody must be left who can undo what is being done. */
static bool leaves_nobody(struct tree *tree, const struct principals *principals)
{
	for (size_t i = 0; i < principals->count; i++) {
		const struct principal *principal = &principals->list[i];

		if (nss_somebody(tree->nss, principal->group, principal->name))
			return false;
	}
	return true;
}

static int check(struct tree *tree, const struct node *node, const struct principals *principals)
{
	const struct grants_change change = {
		.scope = node->id, .role = role_of(tree, node)->name, .principals = principals};
	struct org *org = NULL;
	int r = tree_org(tree, node, &org);

	if (r == 0)
		r = grants_check(tree, org, &change);
	if (r == 0 && role_of(tree, node)->permissions & MAY_ROLES &&
	    leaves_nobody(tree, principals))
		r = -EBUSY;
	return r;
}

static int refuse(const struct save *save, int error)
{
	log_line(LOG_NOTICE, "refused: inode %llu, uid %u: %s",
		 (unsigned long long)tree_inode(save->tree, save->node), (unsigned)save->uid,
		 strerror(-error));
	return error;
}

int role_judge(const struct save *save, bool whole)
{
	CLEANUP_PRINCIPALS struct principals principals = {0};
	const char *text = (const char *)save->bytes;
	/* A list that ends with its line could be the whole: a shell hears of it only now. */
	const bool ends = save->size && save->bytes[save->size - 1] == '\n';
	int r = whole ? 0 : edit_writable(save->tree);

	if (r == 0)
		r = principals_parse(text, save->size, whole, &principals, NULL);
	/* Root needs no entry; more than this fits in no case, and need not be looked up. */
	if (r == 0 && principals.count > ACL_NAMED_MAX + 1)
		r = -E2BIG;
	if (r == 0 && (whole || ends))
		r = check(save->tree, save->node, &principals);
	return r < 0 && r != -EIO ? refuse(save, r) : r;
}

static int put_binding(struct change *change, struct tree *tree, const struct org *org,
		       const struct node *node, const struct principals *principals)
{
	const struct record *binding = binding_of(tree, org, node);
	CLEANUP_RECORD struct record record = {0};
	CLEANUP_FREE char *text = NULL;
	int r = principals_format(principals, &text);

	if (r == 0 && binding && binding->text && strcmp(binding->text, text) == 0)
		return 0;
	if (r == 0 && binding)
		r = record_copy(binding, &record);
	else if (r == 0)
		r = edit_record(RECORD_ROLE, node->id, role_of(tree, node)->name, &record);
	if (r < 0)
		return r;
	free(record.text);
	record.text = TAKE_PTR(text);
	record.updated = tree_now();
	return change_put(change, &record);
}

static int set_principals(struct tree *tree, const struct node *node,
			  const struct principals *principals)
{
	CLEANUP(change_freep) struct change *change = NULL;
	struct org *org = NULL;
	int r = tree_org(tree, node, &org);

	if (r == 0)
		r = change_new(&change);
	if (r == 0)
		r = put_binding(change, tree, org, node, principals);
	if (r < 0 || change_is_empty(change))
		return r;
	return edit_commit_rights(tree, node, org, change);
}

int role_commit(const struct save *save)
{
	CLEANUP_PRINCIPALS struct principals principals = {0};
	int r = role_judge(save, true);

	if (r == 0)
		r = principals_parse((const char *)save->bytes, save->size, true, &principals,
				     NULL);
	return r < 0 ? r : set_principals(save->tree, save->node, &principals);
}

/* Truncation alone is no list: an empty one is a line that is empty, as `echo >` writes it. */
void role_abandoned(const struct save *save, enum abandoned why)
{
	if (why != ABANDONED_REFUSED)
		log_line(LOG_NOTICE,
			 "refused: inode %llu, uid %u: truncated without a list, the old one kept",
			 (unsigned long long)tree_inode(save->tree, save->node),
			 (unsigned)save->uid);
}

/* The files are those of the roles that there are; only editors make others. */
int roles_make_file(const struct edit *edit, struct node *ret)
{
	return scratch_dir_is_name(edit->tree, edit->name) ? scratch_dir_make_file(edit, ret)
							   : -EPERM;
}

int roles_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		 const struct node *replaced)
{
	return scratch_dir_renames(edit, child, to) ? scratch_dir_rename(edit, child, to, replaced)
						    : -EPERM;
}

/* Removing a project's file empties the list; the file stays, because the role does. Who removes a
 * whole organisation by mistake is stopped here, before anything is gone. */
int roles_remove(const struct edit *edit, const struct node *child)
{
	const struct node org = {.kind = NODE_ORG, .pin = child->pin};
	const struct principals nobody = {0};
	int r;

	if (child->kind != NODE_ROLE) {
		scratch_dir_remove(edit, child);
		return 0;
	}
	if (scope_of(child) == SCOPE_ORGANISATION) {
		edit_stop_removing(edit);
		return -EPERM;
	}
	r = access_edit(edit->tree, &org, edit->caller, MAY_ROLES | MAY_MANAGE);
	return r < 0 ? r : set_principals(edit->tree, child, &nobody);
}

int roles_remove_directory(const struct edit *edit)
{
	const struct record *child = NULL;
	struct org *org = NULL;
	int r = tree_org(edit->tree, edit->directory, &org);

	if (r < 0)
		return r;
	while ((child = org_next_child(org, edit->directory->id, child))) {
		if (child->kind == RECORD_ROLE && child->text && child->text[0])
			return -ENOTEMPTY;
	}
	return 0;
}
