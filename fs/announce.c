#include "fs/announce.h"

#include <string.h>

#include "fs/path.h"

/* Files that can be watched and written, so that the toucher can write them. */
static bool is_told(const struct node *node)
{
	return node->kind == NODE_FIELD || node->kind == NODE_PROVIDER || node->kind == NODE_ROLE;
}

void announce(struct tree *tree, const struct node *node)
{
	const uint64_t number = tree_inode(tree, node);
	char path[PATH_SIZE];

	if (!tree->announce || !is_told(node) || !inodes_get(tree->inodes, number))
		return;
	path_of(tree, node, NULL, path);
	tree->announce(tree->kernel, number, path);
}

static bool has_same_text(const struct record *former, const struct record *now)
{
	return strcmp(former->text ? former->text : "", now->text ? now->text : "") == 0;
}

/* The role's file; false for a role that this host does not know. */
static bool role_node(const struct tree *tree, const struct record *binding, struct node *ret)
{
	const struct roles *roles = &tree->settings->roles;
	const bool top = record_id_is_zero(binding->parent);
	const struct role *role =
		roles_find(roles, top ? SCOPE_ORGANISATION : SCOPE_PROJECT, binding->name);

	if (!role)
		return false;
	*ret = (struct node){NODE_ROLE, ret->pin, binding->parent, (uint64_t)(role - roles->list)};
	return true;
}

void announce_record(struct tree *tree, size_t pin, const struct record *former,
		     const struct record *now)
{
	struct node node = {.pin = pin, .id = now->id};
	bool changed;

	if (now->kind == RECORD_FIELD) {
		node.kind = NODE_FIELD;
		changed = now->value_version &&
			  (!former || former->value_version != now->value_version);
	} else if (now->kind == RECORD_ACCOUNT) {
		node.kind = NODE_PROVIDER;
		changed = former && !has_same_text(former, now);
	} else {
		changed = now->kind == RECORD_ROLE && role_node(tree, now, &node) &&
			  (!former || !has_same_text(former, now));
	}
	if (changed)
		announce(tree, &node);
}
