#include "fs/link.h"

#include <fnmatch.h>
#include <string.h>

#include "fs/edit.h"
#include "fs/grants.h"

/* The account that a link points to; NULL when it is gone. *ret_name: what to call it. */
static const struct record *account_of(struct tree *tree, const struct org *org,
				       const struct node *node, const char **ret_name)
{
	const struct pending *pending = pendings_get(tree->pendings, node->id);
	const struct record *link = org_record(org, node->id);
	const struct record *account = NULL;

	if (link)
		account = org_record(org, link->target);
	else if (pending)
		account = org_record(org, pending->target);
	*ret_name = account ? account->name : link && link->text ? link->text : "unknown";
	return account;
}

static int target_text(struct tree *tree, const struct node *node, char **ret)
{
	const struct record *account;
	const char *name = NULL;
	struct org *org = NULL;
	int r = tree_org(tree, node, &org);

	if (r < 0)
		return r;
	account = account_of(tree, org, node, &name);
	r = asprintf(ret, "../../%s%s", account ? "" : ".deleted/", name);
	return r < 0 ? -ENOMEM : 0;
}

/* Whether the account is damaged: when one is deleted, its links are told its name. */
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

/* Where a walk through the tree has come to. */
struct walk {
	struct node stack[8];
	size_t depth;
};

/* How deep an organisation lies, below the root and orgs/. */
enum { ORG_DEPTH = 2 };

/* Go from a link, for whoever may look into its project, to its account. */
static int follow(const struct edit *edit, struct walk *walk, const struct node *link)
{
	const struct record *account = NULL;
	const char *name = NULL;
	struct org *org = NULL;

	if (access_bits(edit->tree, &walk->stack[walk->depth], edit->caller, 1) < 0 ||
	    tree_org(edit->tree, link, &org) < 0)
		return -EINVAL;
	account = account_of(edit->tree, org, link, &name);
	if (!account)
		return -EINVAL;
	walk->depth = ORG_DEPTH + 1;
	walk->stack[walk->depth] =
		(struct node){.kind = NODE_ACCOUNT, .pin = link->pin, .id = account->id};
	return 0;
}

static int step(const struct edit *edit, struct walk *walk, const char *name)
{
	const struct node *here = &walk->stack[walk->depth];
	const struct kind *kind = kind_of(here);
	struct node found = {0};

	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0) {
		if (walk->depth == 0)
			return -EINVAL;
		walk->depth--;
		return 0;
	}
	if (!kind->lookup || walk->depth + 1 >= sizeof walk->stack / sizeof walk->stack[0])
		return -EINVAL;
	if (kind->lookup(edit->tree, here, name, edit->caller, &found) < 0)
		return -EINVAL;
	/* What other organisations have is not answered for. */
	if (found.kind == NODE_ORG && found.pin != edit->directory->pin)
		return -EINVAL;
	if (found.kind == NODE_LINK)
		return follow(edit, walk, &found);
	walk->stack[++walk->depth] = found;
	return 0;
}

/* The path of an absolute target below the mount point; NULL when it leads elsewhere. */
static const char *below_mount(const struct tree *tree, const char *target)
{
	const size_t length = strlen(tree->mountpoint);

	if (strncmp(target, tree->mountpoint, length) != 0)
		return NULL;
	return target[length] == '/' || target[length] == '\0' ? target + length : NULL;
}

static struct walk start(const struct edit *edit, bool absolute)
{
	struct walk walk = {0};

	walk.stack[0] = (struct node){.kind = NODE_ROOT, .pin = NO_PIN};
	if (absolute)
		return walk;
	walk.stack[++walk.depth] = (struct node){.kind = NODE_ORGS, .pin = NO_PIN};
	walk.stack[++walk.depth] = (struct node){.kind = NODE_ORG, .pin = edit->directory->pin};
	walk.stack[++walk.depth] =
		(struct node){.kind = NODE_PROJECTS, .pin = edit->directory->pin};
	walk.stack[++walk.depth] = *edit->directory;
	return walk;
}

/* The account of the organisation that a target names, found by walking this tree, never the
 * kernel's. -EINVAL for anything else. */
static int resolve(const struct edit *edit, const char *target, struct record_id *ret)
{
	const bool absolute = target[0] == '/';
	const char *path = absolute ? below_mount(edit->tree, target) : target;
	CLEANUP_FREE char *copy = path ? strdup(path) : NULL;
	struct walk walk = start(edit, absolute);
	const struct record *account;
	const struct node *end;
	char *rest = copy;
	struct org *org = NULL;
	const char *name;
	int r;

	if (!copy)
		return path ? -ENOMEM : -EINVAL;
	while ((name = strsep(&rest, "/"))) {
		r = *name ? step(edit, &walk, name) : 0;
		if (r < 0)
			return r;
	}
	end = &walk.stack[walk.depth];
	r = tree_org(edit->tree, edit->directory, &org);
	if (r < 0)
		return r;
	account = org_record(org, end->id);
	/* Another project's own account is that project's alone. */
	if (end->kind != NODE_ACCOUNT || end->pin != edit->directory->pin || !account ||
	    !record_id_is_zero(account->parent))
		return -EINVAL;
	*ret = account->id;
	return 0;
}

static int check_limits(const struct edit *edit, const struct org *org, struct record_id account)
{
	const struct grants_change change = {.heir = edit->directory->id, .account = account};

	return grants_check(edit->tree, org, &change);
}

/* The temporary name under which ln makes the link that it then renames over another. */
static bool is_temporary(const char *name)
{
	/* Six characters at random, of which hardly ever all are small letters, as in "Customer".
	 */
	return fnmatch("Cu??????", name, 0) == 0 &&
	       strpbrk(name + 2, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

static int make_pending(const struct edit *edit, struct record_id account)
{
	const struct pending model = {
		.pin = edit->directory->pin,
		.id = record_id_new(),
		.parent = edit->directory->id,
		.target = account,
		.name = (char *)(uintptr_t)edit->name,
		.maker = edit->caller->uid,
	};
	struct pending *pending = NULL;

	return pendings_add(edit->tree->pendings, &model, &pending);
}

static int put_link(struct change *change, const struct edit *edit, struct record_id account)
{
	CLEANUP_RECORD struct record link = {0};
	int r = edit_record(RECORD_INHERIT, edit->directory->id, edit->name, &link);

	link.target = account;
	return r < 0 ? r : change_put(change, &link);
}

static int commit(const struct edit *edit, struct org *org, struct change *change)
{
	int r = edit_touch_project(change, org, edit->directory->id);

	if (r == 0)
		r = edit_commit(edit->tree, edit->directory, org, change);
	if (r == 0)
		tree_access_changed(edit->tree, edit->directory->pin);
	return r;
}

int link_make(const struct edit *edit, const char *target)
{
	CLEANUP(change_freep) struct change *change = NULL;
	struct record_id account;
	struct org *org = NULL;
	int r = edit_need(edit, MAY_MANAGE | MAY_INHERIT);

	if (r == 0)
		r = resolve(edit, target, &account);
	if (r < 0)
		return r;
	if (is_temporary(edit->name))
		return make_pending(edit, account);
	r = edit_name(edit);
	if (r == 0)
		r = edit_begin(edit, &org, &change);
	if (r == 0 && org_child(org, edit->directory->id, RECORD_INHERIT, edit->name))
		r = -EEXIST;
	if (r == 0)
		r = check_limits(edit, org, account);
	if (r == 0)
		r = put_link(change, edit, account);
	return r < 0 ? r : commit(edit, org, change);
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
	return r < 0 ? r : commit(edit, org, change);
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
		r = is_temporary(to->name) ? -EINVAL : edit_name(to);
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
		r = commit(edit, org, change);
	if (r == 0)
		pendings_remove(edit->tree->pendings, child->id);
	return r;
}
