#include <limits.h>
#include <linux/xattr.h>
#include <string.h>
#include <sys/statvfs.h>

#include "fs/attr.h"
#include "fs/op.h"
#include "fs/witness.h"

static const char acl_name[] = XATTR_NAME_POSIX_ACL_ACCESS;

void op_getattr(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info)
{
	struct session *session = request_session(request);
	struct handle *handle = info ? handles_get(session->handles, info->fh) : NULL;
	const struct draft *draft = handle ? handle_draft(handle) : NULL;
	struct inode *inode = NULL;
	struct stat st = {0};
	int r = request_inode(request, number, &inode);

	/* Who was refused is asked about again: perhaps he has just been added to a group. The name
	 * service is not waited for, but whoever tries again in a moment is let in. */
	if (nss_is_stale(session->tree.nss))
		session_hurry(session);
	if (r == 0)
		r = attr_of(&session->tree, inode, &st);
	if (r < 0) {
		request_reply(request, r);
		return;
	}
	if (draft && (draft->written || draft->truncated)) {
		/* The writer alone sees his draft, and the kernel is not to remember it. */
		st.st_size = (off_t)secret_size(draft->bytes);
		fuse_reply_attr(request, &st, 0);
		return;
	}
	fuse_reply_attr(request, &st, attr_timeout(&inode->node));
}

/* ftruncate(2). What was refused may have grown before. */
static int cut_draft(struct session *session, struct draft *draft, uint64_t number, uint64_t size)
{
	int r = draft_truncate(&session->tree, draft, size);
	int settled = handles_settle(session->handles, number);

	return r < 0 ? r : settled;
}

/* By path, where there is nobody who could write the rest, or at the end of an open with O_TRUNC,
 * when the kernel does not name the handle either. */
static int set_size_unnamed(fuse_req_t request, const struct node *node, uint64_t now,
			    uint64_t wanted)
{
	struct session *session = request_session(request);
	CLEANUP_CALLER struct caller caller = {0};
	struct draft *draft = NULL;
	int r = wanted ? 0 : request_caller(request, false, &caller);

	if (r == 0 && !wanted)
		draft = handles_just_opened(session->handles, node, &caller);
	if (draft) {
		r = draft_truncate(&session->tree, draft, 0);
		handles_draft_changed(session->handles, draft);
		return r;
	}
	return r < 0 || wanted == now ? r : -EKEYREJECTED;
}

static int set_size(fuse_req_t request, const struct node *node, const struct stat *now,
		    const struct stat *wanted, const struct fuse_file_info *info)
{
	struct session *session = request_session(request);
	struct handle *handle = info ? handles_get(session->handles, info->fh) : NULL;
	struct draft *draft = handle ? handle_draft(handle) : NULL;

	if (draft)
		return cut_draft(session, draft, info->fh, (uint64_t)wanted->st_size);
	if (info)
		return wanted->st_size == now->st_size ? 0 : -EKEYREJECTED;
	return set_size_unnamed(request, node, (uint64_t)now->st_size, (uint64_t)wanted->st_size);
}

/* Permissions come from roles alone: they may be set to what they are. Times are those of the last
 * change of the value; that somebody touched it is none. */
static int check_attributes(const struct stat *now, const struct stat *wanted, int set)
{
	if (set & FUSE_SET_ATTR_MODE && (wanted->st_mode ^ now->st_mode) & 07777)
		return -EPERM;
	if (set & FUSE_SET_ATTR_UID && wanted->st_uid != now->st_uid)
		return -EPERM;
	if (set & FUSE_SET_ATTR_GID && wanted->st_gid != now->st_gid)
		return -EPERM;
	return 0;
}

/* A scratch file is its maker's to change, but never anybody else's to open. */
static int set_scratch(struct tree *tree, const struct node *node, const struct stat *wanted,
		       int set)
{
	struct scratch_file *file = scratch_get(tree->scratch, node->id);

	if (!file)
		return -ENOENT;
	if (set & FUSE_SET_ATTR_UID && wanted->st_uid != file->uid)
		return -EPERM;
	if (set & FUSE_SET_ATTR_GID)
		file->gid = wanted->st_gid;
	if (set & FUSE_SET_ATTR_MODE)
		file->mode = wanted->st_mode & 0700;
	if (set & FUSE_SET_ATTR_MTIME)
		file->changed = (uint64_t)wanted->st_mtim.tv_sec * 1000000000u +
				(uint64_t)wanted->st_mtim.tv_nsec;
	scratch_touched(tree->scratch, file);
	if (set & FUSE_SET_ATTR_SIZE)
		return scratch_resize(tree->scratch, file, (uint64_t)wanted->st_size);
	return 0;
}

static void setattr_scratch(fuse_req_t request, struct inode *inode, const struct stat *wanted,
			    int set)
{
	struct tree *tree = &request_session(request)->tree;
	struct stat st = {0};
	int r = set_scratch(tree, &inode->node, wanted, set);

	if (r == 0)
		r = attr_of(tree, inode, &st);
	if (r < 0)
		request_reply(request, r);
	else
		fuse_reply_attr(request, &st, 0);
}

static void tell_refused(fuse_req_t request, const struct node *node, int set, int error)
{
	struct tree *tree = &request_session(request)->tree;
	CLEANUP_CALLER struct caller caller = {0};
	struct actor actor;

	if (request_caller(request, false, &caller) < 0)
		return;
	actor = witness_actor(tree, &caller);
	witness_refused(tree, node, &actor,
			set & FUSE_SET_ATTR_SIZE ? AUDIT_SAVE : AUDIT_ATTRIBUTES, error);
}

void op_setattr(fuse_req_t request, fuse_ino_t number, struct stat *attributes, int set,
		struct fuse_file_info *info)
{
	struct inode *inode = NULL;
	struct stat now = {0};
	int r = request_inode(request, number, &inode);

	if (r == 0 && inode->node.kind == NODE_SCRATCH) {
		setattr_scratch(request, inode, attributes, set);
		return;
	}
	if (r == 0)
		r = attr_of(&request_session(request)->tree, inode, &now);
	if (r == 0)
		r = check_attributes(&now, attributes, set);
	if (r == 0 && set & FUSE_SET_ATTR_SIZE)
		r = set_size(request, &inode->node, &now, attributes, info);
	if (r < 0) {
		if (inode)
			tell_refused(request, &inode->node, set, r);
		request_reply(request, r);
		return;
	}
	/* The committed size, whatever the writer's draft was cut to: it is what the others see. */
	fuse_reply_attr(request, &now, 0);
}

void op_statfs(fuse_req_t request, fuse_ino_t number)
{
	struct session *session = request_session(request);
	struct statvfs st = {0};

	(void)number;
	/* What is free is what the store's file system has left. */
	if (statvfs(session->tree.settings->store_path, &st) < 0)
		st = (struct statvfs){.f_bsize = 4096, .f_frsize = 4096};
	st.f_namemax = NAME_MAX;
	fuse_reply_statfs(request, &st);
}

static void reply_xattr(fuse_req_t request, const void *bytes, size_t size, size_t room)
{
	if (room == 0)
		fuse_reply_xattr(request, size);
	else if (size > room)
		request_reply(request, -ERANGE);
	else
		fuse_reply_buf(request, bytes, size);
}

static int acl_of(fuse_req_t request, fuse_ino_t number, const struct acl **ret)
{
	struct inode *inode = NULL;
	int r = request_inode(request, number, &inode);

	if (r == 0)
		r = access_acl(&request_session(request)->tree, inode, ret);
	return r;
}

void op_getxattr(fuse_req_t request, fuse_ino_t number, const char *name, size_t size)
{
	const struct acl *acl = NULL;
	int r = -ENODATA;

	/* Never ENOSYS, which would switch the kernel's lists off. */
	if (strcmp(name, acl_name) == 0)
		r = acl_of(request, number, &acl);
	if (r == 0 && !acl->bytes)
		r = -ENODATA;
	if (r < 0)
		request_reply(request, r);
	else
		reply_xattr(request, acl->bytes, acl->size, size);
}

void op_listxattr(fuse_req_t request, fuse_ino_t number, size_t size)
{
	const struct acl *acl = NULL;
	int r = acl_of(request, number, &acl);

	if (r < 0)
		request_reply(request, r);
	else
		reply_xattr(request, acl_name, acl->bytes ? sizeof acl_name : 0, size);
}

void op_setxattr(fuse_req_t request, fuse_ino_t number, const char *name, const char *value,
		 size_t size, int flags)
{
	const struct acl *acl = NULL;
	struct inode *inode = NULL;
	int r = -EPERM;

	(void)flags;
	/* On a scratch file a list is taken and lets nobody in: names there are each user's own. */
	if (strcmp(name, acl_name) == 0 && request_inode(request, number, &inode) == 0 &&
	    inode->node.kind == NODE_SCRATCH) {
		request_reply(request, 0);
		return;
	}
	if (strcmp(name, acl_name) == 0)
		r = acl_of(request, number, &acl);
	/* To what it is: nothing changes. */
	if (r == 0 && !(acl->size == size && (!size || memcmp(acl->bytes, value, size) == 0)))
		r = -EPERM;
	if (r < 0 && request_inode(request, number, &inode) == 0)
		tell_refused(request, &inode->node, 0, r);
	request_reply(request, r);
}

void op_removexattr(fuse_req_t request, fuse_ino_t number, const char *name)
{
	struct inode *inode = NULL;

	(void)name;
	if (request_inode(request, number, &inode) == 0)
		tell_refused(request, &inode->node, 0, -EPERM);
	request_reply(request, -EPERM);
}
