#include "fs/link.h"

#include <fnmatch.h>
#include <string.h>

#include "fs/edit.h"
#include "fs/grants.h"
#include "fs/offer.h"
#include "fs/walk.h"

/* What a link points to; NULL when it is gone. *ret_name: what to call it then. */
static const struct record *target_of_link(struct tree *tree, const struct org *org,
					   const struct node *node, const char **ret_name)
{
	const struct pending *pending = pendings_get(tree->pendings, node->id);
	const struct record *link = org_record(org, node->id);
	const struct record *target = NULL;

	if (link)
		target = org_record(org, link->target);
	else if (pending)
		target = org_record(org, pending->target);
	*ret_name = link && link->text ? link->text : "unknown";
	return target;
}

/* Where each kind of target lies in its organisation. */
static int put_path(const struct org *org, const struct record *target, char **ret)
{
	const struct record *parent = org_record(org, target->parent);
	const char *above = parent ? parent->name : "unknown";

	if (target->kind == RECORD_CONNECTION)
		return asprintf(ret, "../../connections/%s", target->name);
	if (target->kind == RECORD_ASSOCIATION)
		return asprintf(ret, "../../connections/%s/%s", above, target->name);
	if (!record_id_is_zero(target->parent))
		return asprintf(ret, "../../users/%s/%s", above, target->name);
	return asprintf(ret, "../../%s", target->name);
}

static int target_text(struct tree *tree, const struct node *node, char **ret)
{
	const struct record *target;
	const char *name = NULL;
	struct org *org = NULL;
	int r = tree_org(tree, node, &org);

	if (r < 0)
		return r;
	target = target_of_link(tree, org, node, &name);
	r = target ? put_path(org, target, ret) : asprintf(ret, "../../.deleted/%s", name);
	return r < 0 ? -ENOMEM : 0;
}

/* Whether the target is damaged: when one is deleted, its links are told its name. */
static bool is_lost(struct tree *tree, const struct node *node)
{
	const struct record *link;
	struct org *org = NULL;

	if (tree_org(tree, node, &org) < 0)
		return false;
	link = org_record(org, node->id);
	return link && !link->text && org_damaged(org) && !org_record(org, link->target);
}

int link_content(struct tree *tree, const struct node *node, struct secret **ret,
		 uint64_t *ret_version)
{
	CLEANUP_FREE char *text = NULL;
	int r = target_text(tree, node, &text);

	if (r == 0 && is_lost(tree, node))
		return -EBADMSG;
	*ret_version = 1;
	return r < 0 ? r : secret_copy(tree->pool, text, strlen(text), ret);
}

int link_size(struct tree *tree, const struct node *node, uint64_t *ret)
{
	CLEANUP_FREE char *text = NULL;
	int r = target_text(tree, node, &text);

	if (r == 0)
		*ret = strlen(text);
	return r;
}

/* What a project may be linked to: an account of the organisation, a connection that has one
 * credential, or one of those that a connection has. */
static bool leads_somewhere(const struct tree *tree, const struct org *org, struct record_id target)
{
	const struct record link = {.target = target};

	return offer_of(tree, org, &link).account;
}

static int resolve(const struct edit *edit, const char *target, struct record_id *ret)
{
	struct node end = {0};
	struct org *org = NULL;
	int r = walk_to(edit, target, &end);

	if (r == 0)
		r = tree_org(edit->tree, edit->directory, &org);
	if (r < 0)
		return r;
	if (end.kind != NODE_ACCOUNT && end.kind != NODE_CONNECTION && end.kind != NODE_ASSOCIATION)
		return -EINVAL;
	if (!leads_somewhere(edit->tree, org, end.id))
		return -EINVAL;
	*ret = end.id;
	return 0;
}

static int check_limits(const struct edit *edit, const struct org *org, struct record_id target)
{
	const struct record link = {.target = target};
	const struct offer offer = offer_of(edit->tree, org, &link);
	struct grants_change change = {.heir = edit->directory->id};

	if (offer.account)
		change.account = offer.account->id;
	if (offer.connection)
		change.connection = offer.connection->id;
	return grants_check(edit->tree, org, &change);
}

/* The temporary name under which ln makes the link that it then renames over another. */
bool link_is_temporary(const char *name)
{
	/* Six characters at random, of which hardly ever all are small letters, as in "Customer".
	 */
	return fnmatch("Cu??????", name, 0) == 0 &&
	       strpbrk(name + 2, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

int link_make_pending(const struct edit *edit, struct record_id target)
{
	const struct pending model = {
		.pin = edit->directory->pin,
		.id = record_id_new(),
		.parent = edit->directory->id,
		.target = target,
		.name = (char *)(uintptr_t)edit->name,
		.maker = edit->caller->uid,
	};
	struct pending *pending = NULL;

	return pendings_add(edit->tree->pendings, &model, &pending);
}

static int put_link(struct change *change, const struct edit *edit, struct record_id target)
{
	CLEANUP_RECORD struct record link = {0};
	int r = edit_record(RECORD_INHERIT, edit->directory->id, edit->name, &link);

	link.target = target;
	return r < 0 ? r : change_put(change, &link);
}

int link_make(const struct edit *edit, const char *target)
{
	CLEANUP(change_freep) struct change *change = NULL;
	struct record_id target_id;
	struct org *org = NULL;
	int r = edit_need(edit, MAY_MANAGE | MAY_INHERIT);

	if (r == 0)
		r = resolve(edit, target, &target_id);
	if (r < 0)
		return r;
	if (link_is_temporary(edit->name))
		return link_make_pending(edit, target_id);
	r = edit_name(edit);
	if (r == 0)
		r = edit_begin(edit, &org, &change);
	if (r == 0 && org_child(org, edit->directory->id, RECORD_INHERIT, edit->name))
		r = -EEXIST;
	if (r == 0)
		r = check_limits(edit, org, target_id);
	if (r == 0)
		r = put_link(change, edit, target_id);
	return r < 0 ? r : edit_commit_links(edit, org, change);
}

int link_remove(const struct edit *edit, const struct node *child)
{
	CLEANUP(change_freep) struct change *change = NULL;
	struct org *org = NULL;
	int r = edit_need(edit, MAY_MANAGE | MAY_INHERIT);

	if (r == 0)
		r = edit_begin(edit, &org, &change);
	if (r == 0)
		r = change_remove(change, child->id);
	return r < 0 ? r : edit_commit_links(edit, org, change);
}

/* The link under its new name: a pending one becomes real here. */
static int put_renamed(struct change *change, const struct edit *to, const struct org *org,
		       const struct node *child)
{
	const struct pending *pending = pendings_get(to->tree->pendings, child->id);
	const struct record *link = org_record(org, child->id);
	CLEANUP_RECORD struct record renamed = {0};
	int r;

	if (!link && !pending)
		return -ENOENT;
	if (!link && !org_record(org, pending->target))
		return -ENOENT;
	if (!link && !leads_somewhere(to->tree, org, pending->target))
		return -EINVAL;
	if (!link)
		return put_link(change, to, pending->target);
	r = edit_renamed(link, to->name, &renamed);
	return r < 0 ? r : change_put(change, &renamed);
}

int link_rename(const struct edit *edit, const struct node *child, const struct edit *to,
		const struct node *replaced)
{
	const struct pending *pending = pendings_get(edit->tree->pendings, child->id);
	CLEANUP(change_freep) struct change *change = NULL;
	struct org *org = NULL;
	int r = edit_need(edit, MAY_MANAGE | MAY_INHERIT);

	if (r == 0)
		r = link_is_temporary(to->name) ? -EINVAL : edit_name(to);
	if (r == 0)
		r = edit_begin(edit, &org, &change);
	if (r == 0 && replaced && replaced->kind != NODE_LINK)
		r = replaced->kind == NODE_ACCOUNT ? -EISDIR : -EPERM;
	if (r == 0 && pending)
		r = check_limits(edit, org, pending->target);
	if (r == 0 && replaced)
		r = change_remove(change, replaced->id);
	if (r == 0)
		r = put_renamed(change, to, org, child);
	if (r == 0)
		r = edit_commit_links(edit, org, change);
	if (r == 0)
		pendings_remove(edit->tree->pendings, child->id);
	return r;
}
