#include "fs/announce.h"

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
