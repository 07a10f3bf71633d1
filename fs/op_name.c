#include <limits.h>
#include <string.h>

#include "fs/edit.h"
#include "fs/op.h"
#include "fs/witness.h"

/* The error with which an edit meets itself: the worker before had carried it out, but not
 * answered.
 */
static int unless_done(fuse_req_t request, int result, int error)
{
	return result == error && request_session(request)->done ? 0 : result;
}

/* Everything that an operation on a name in a directory starts with. */
struct name_request {
	struct caller caller;
	struct node directory;
	const struct kind *kind;
	struct edit edit;
};

static void name_request_done(struct name_request *name)
{
	caller_done(&name->caller);
}
#define CLEANUP_NAME_REQUEST CLEANUP(name_request_done)

/* `ret` must stay where it is: its edit points into it. */
static int name_request_init(fuse_req_t request, fuse_ino_t parent, const char *name, bool groups,
			     struct name_request *ret)
{
	struct inode *inode = NULL;
	int r = request_inode(request, parent, &inode);

	if (r == 0)
		r = request_caller(request, groups, &ret->caller);
	if (r < 0)
		return r;
	ret->directory = inode->node;
	ret->kind = kind_of(&ret->directory);
	ret->edit =
		(struct edit){&request_session(request)->tree, &ret->caller, &ret->directory, name};
	if (strlen(name) > NAME_MAX)
		return -ENAMETOOLONG;
	return ret->kind->lookup ? 0 : -ENOTDIR;
}

static int find(const struct name_request *name, struct node *ret)
{
	return name->kind->lookup(name->edit.tree, &name->directory, name->edit.name, &name->caller,
				  ret);
}

void op_lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	CLEANUP_NAME_REQUEST struct name_request lookup = {0};
	struct node node = {0};
	int r = name_request_init(request, parent, name, false, &lookup);

	if (r == 0)
		r = find(&lookup, &node);
	request_reply_node(request, r, &node);
}

void op_forget(fuse_req_t request, fuse_ino_t number, uint64_t count)
{
	inodes_forget(request_session(request)->tree.inodes, number, count);
	fuse_reply_none(request);
}

void op_forget_multi(fuse_req_t request, size_t count, struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		inodes_forget(request_session(request)->tree.inodes, forgets[i].ino,
			      forgets[i].nlookup);
	fuse_reply_none(request);
}

/* What no directory takes. */
static void refuse(fuse_req_t request, fuse_ino_t parent, const char *name,
		   enum audit_operation operation)
{
	CLEANUP_NAME_REQUEST struct name_request made = {0};
	struct witness witness = {0};

	if (name_request_init(request, parent, name, false, &made) == 0)
		(void)!witness_edit(&witness, &made.edit, NULL, operation);
	request_reply(request, witness_end(&witness, -EPERM));
}

void op_mknod(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode, dev_t device)
{
	(void)mode, (void)device;
	refuse(request, parent, name, AUDIT_CREATE);
}

void op_link(fuse_req_t request, fuse_ino_t number, fuse_ino_t parent, const char *name)
{
	(void)number;
	refuse(request, parent, name, AUDIT_LINK);
}

void op_mkdir(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode)
{
	CLEANUP_NAME_REQUEST struct name_request make = {0};
	struct witness witness = {0};
	struct node node = {0};
	int r = name_request_init(request, parent, name, true, &make);

	(void)mode;
	if (r == 0)
		r = witness_edit(&witness, &make.edit, NULL, AUDIT_MKDIR);
	if (r == 0)
		r = make.kind->make_directory ? make.kind->make_directory(&make.edit) : -EPERM;
	r = unless_done(request, r, -EEXIST);
	r = witness_end(&witness, r);
	if (r == 0)
		r = find(&make, &node);
	request_reply_node(request, r, &node);
}

void op_symlink(fuse_req_t request, const char *target, fuse_ino_t parent, const char *name)
{
	CLEANUP_NAME_REQUEST struct name_request make = {0};
	struct witness witness = {0};
	struct node node = {0};
	int r = name_request_init(request, parent, name, true, &make);

	if (r == 0)
		r = witness_edit(&witness, &make.edit, NULL, AUDIT_LINK);
	if (r == 0)
		r = make.kind->make_link ? make.kind->make_link(&make.edit, target) : -EPERM;
	r = unless_done(request, r, -EEXIST);
	r = witness_end(&witness, r);
	if (r == 0)
		r = find(&make, &node);
	request_reply_node(request, r, &node);
}

static void op_remove(fuse_req_t request, fuse_ino_t parent, const char *name, bool directory)
{
	CLEANUP_NAME_REQUEST struct name_request gone = {0};
	struct witness witness = {0};
	struct node node = {0};
	int r = name_request_init(request, parent, name, true, &gone);

	if (r == 0)
		r = find(&gone, &node);
	if (r == 0 && kind_is_directory(&node) != directory)
		r = directory ? -ENOTDIR : -EISDIR;
	if (r == 0)
		r = witness_remove(&witness, &gone.edit, &node);
	if (r == 0 && edit_is_stopped(&gone.edit))
		r = -EPERM;
	if (r == 0)
		r = gone.kind->remove ? gone.kind->remove(&gone.edit, &node) : -EPERM;
	r = unless_done(request, r, -ENOENT);
	request_reply(request, witness_end(&witness, r));
}

void op_unlink(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	op_remove(request, parent, name, false);
}

void op_rmdir(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	op_remove(request, parent, name, true);
}

static int rename_node(const struct name_request *from, const struct name_request *to,
		       unsigned flags)
{
	struct node node = {0};
	struct node replaced = {0};
	struct witness witness = {0};
	int r = find(from, &node);
	int there;

	if (r < 0)
		return r;
	there = find(to, &replaced);
	if (there < 0 && there != -ENOENT)
		return there;
	if (there == 0 && flags & RENAME_NOREPLACE)
		return -EEXIST;
	if (there == 0 && node_equal(&node, &replaced))
		return 0;
	r = witness_rename(&witness, &from->edit, &node, &to->edit, there == 0 ? &replaced : NULL);
	if (r == 0 && !from->kind->rename)
		r = -EPERM;
	if (r == 0)
		r = from->kind->rename(&from->edit, &node, &to->edit,
				       there == 0 ? &replaced : NULL);
	return witness_end(&witness, r);
}

void op_rename(fuse_req_t request, fuse_ino_t parent, const char *name, fuse_ino_t new_parent,
	       const char *new_name, unsigned flags)
{
	CLEANUP_NAME_REQUEST struct name_request from = {0};
	CLEANUP_NAME_REQUEST struct name_request to = {0};
	int r = flags & ~(unsigned)RENAME_NOREPLACE ? -EINVAL : 0;

	if (request_session(request)->done)
		flags = 0;
	if (r == 0)
		r = name_request_init(request, parent, name, true, &from);
	if (r == 0)
		r = name_request_init(request, new_parent, new_name, true, &to);
	if (r == 0)
		r = rename_node(&from, &to, flags);
	request_reply(request, unless_done(request, r, -ENOENT));
}

void op_readlink(fuse_req_t request, fuse_ino_t number)
{
	CLEANUP_SECRET struct secret *target = NULL;
	CLEANUP_FREE char *text = NULL;
	struct inode *inode = NULL;
	uint64_t version = 0;
	int r = request_inode(request, number, &inode);

	if (r == 0 && kind_of(&inode->node)->type != S_IFLNK)
		r = -EINVAL;
	if (r == 0)
		r = kind_of(&inode->node)
			    ->content(&request_session(request)->tree, &inode->node, &target,
				      &version);
	if (r == 0) {
		text = strndup((const char *)secret_view(target), secret_size(target));
		r = text ? 0 : -ENOMEM;
	}
	if (r == 0)
		witness_walk(&request_session(request)->tree, &inode->node,
			     fuse_req_ctx(request)->pid);
	if (r < 0)
		request_reply(request, r);
	else
		fuse_reply_readlink(request, text);
}
