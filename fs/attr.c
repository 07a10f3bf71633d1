#include "fs/attr.h"

#include "fs/follow.h"
#include "fs/kind.h"

enum { BLOCK = 512, PREFERRED_BLOCK = 4096 };

static int size_of(struct tree *tree, const struct node *node, uint64_t *ret)
{
	const struct kind *kind = kind_of(node);
	CLEANUP_SECRET struct secret *content = NULL;
	uint64_t version = 0;
	int r;

	if (kind->size)
		return kind->size(tree, node, ret);
	if (!kind->content)
		return 0;
	r = follow_content(tree, node, &content, &version);
	if (r == 0)
		*ret = secret_size(content);
	return r;
}

static struct timespec timespec_of(uint64_t time)
{
	return (struct timespec){(time_t)(time / 1000000000u), (long)(time % 1000000000u)};
}

static blkcnt_t blocks_of(off_t size)
{
	return (blkcnt_t)((size + BLOCK - 1) / BLOCK);
}

/* Of what belongs to a user. */
static int own_stat(struct tree *tree, const struct inode *inode, struct stat *ret)
{
	struct stat st = {.st_ino = inode->number, .st_nlink = 1, .st_blksize = PREFERRED_BLOCK};
	int r = kind_of(&inode->node)->stat(tree, &inode->node, &st);

	st.st_blocks = blocks_of(st.st_size);
	st.st_ctim = st.st_mtim;
	st.st_atim = st.st_mtim;
	if (r == 0)
		*ret = st;
	return r;
}

int attr_of(struct tree *tree, struct inode *inode, struct stat *ret)
{
	const struct kind *kind = kind_of(&inode->node);
	const uint64_t updated = kind->updated ? kind->updated(tree, &inode->node) : tree->started;
	const struct acl *acl = NULL;
	struct stat st = {.st_ino = inode->number, .st_nlink = 1, .st_blksize = PREFERRED_BLOCK};
	uint64_t size = 0;
	int r = 0;

	if (kind->stat)
		return own_stat(tree, inode, ret);
	r = access_acl(tree, inode, &acl);
	if (r == 0)
		r = size_of(tree, &inode->node, &size);
	/* A value that cannot be read keeps its place in the listing; opening it says why. */
	if (r < 0 && !(r == -EBADMSG && acl))
		return r;
	st.st_mode = kind->type | (kind->type == S_IFLNK ? 0777 : acl->mode);
	st.st_uid = inode->owned ? inode->owner : tree->owner;
	st.st_gid = tree->owner_group;
	st.st_size = (off_t)size;
	st.st_blocks = blocks_of(st.st_size);
	st.st_mtim = timespec_of(updated);
	st.st_ctim = st.st_mtim;
	st.st_atim = st.st_mtim;
	*ret = st;
	return 0;
}

double attr_timeout(const struct node *node)
{
	/* Everything that changes is invalidated when it does. */
	return kind_of(node)->live ? 0 : 3600;
}

double name_timeout(const struct node *node)
{
	/* A `provider` may be absent for some, see vacancy.h, and so may an association. */
	const bool own = node->kind == NODE_PENDING || node->kind == NODE_PROVIDER ||
			 node->kind == NODE_ASSOCIATION || kind_of(node)->stat ||
			 kind_of(node)->moves;

	return own ? 0 : 3600;
}
