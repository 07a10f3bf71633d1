#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "fs/op.h"
#include "fs/witness.h"

static void reply_open(fuse_req_t request, int error, struct fuse_file_info *info)
{
	if (error < 0)
		request_reply(request, error);
	else if (fuse_reply_open(request, info) != 0)
		handles_close(request_session(request)->handles, &request_session(request)->tree,
			      info->fh);
}

static int open_node(fuse_req_t request, const struct node *node, struct fuse_file_info *info)
{
	struct session *session = request_session(request);
	CLEANUP_CALLER struct caller caller = {0};
	const struct handle_open open = {&session->tree, node, &caller, info->flags,
					 session->unique};
	int r = request_caller(request, opener_needs_groups(&session->tree, node, info->flags),
			       &caller);

	/* A snapshot for each open: a reader sees all of one value or all of another, and what a
	 * writer has not committed stays with him. */
	info->direct_io = 1;
	info->noflush = (info->flags & O_ACCMODE) == O_RDONLY;
	return r < 0 ? r : handles_open(session->handles, &open, &info->fh);
}

void op_open(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info)
{
	struct inode *inode = NULL;
	int r = request_inode(request, number, &inode);

	if (r == 0)
		r = open_node(request, &inode->node, info);
	reply_open(request, r, info);
}

static int create(fuse_req_t request, fuse_ino_t parent, const char *name, struct node *ret)
{
	struct tree *tree = &request_session(request)->tree;
	CLEANUP_CALLER struct caller caller = {0};
	struct inode *directory = NULL;
	struct witness witness = {0};
	const struct kind *kind;
	struct edit edit;
	int r = request_inode(request, parent, &directory);

	if (r == 0)
		r = request_caller(request, true, &caller);
	if (r < 0)
		return r;
	kind = kind_of(&directory->node);
	edit = (struct edit){tree, &caller, &directory->node, name};
	r = kind->make_file ? kind->make_file(&edit, ret) : -EPERM;
	/* That it is made is told when it has a value. */
	if (r < 0)
		(void)!witness_edit(&witness, &edit, NULL, AUDIT_CREATE);
	return witness_end(&witness, r);
}

void op_create(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode,
	       struct fuse_file_info *info)
{
	struct session *session = request_session(request);
	struct fuse_entry_param entry;
	struct inode *inode = NULL;
	struct node node = {0};
	int r = create(request, parent, name, &node);

	(void)mode;
	if (r == 0)
		r = request_entry(request, &node, &entry, &inode);
	/* Who would have cut what was there wants it to hold something new, as does who wants none
	 * to be there; who asks for neither, as touch does, may leave it empty. */
	if (info->flags & O_TRUNC)
		info->flags |= O_EXCL;
	/* What is created begins empty, whatever would be shown in its place. */
	info->flags |= O_TRUNC;
	if (r == 0)
		r = open_node(request, &node, info);
	if (r < 0) {
		pendings_settle(session->tree.pendings, node.id);
		if (inode)
			inodes_forget(session->tree.inodes, inode->number, 0);
		request_reply(request, r);
		return;
	}
	/* Until there is a value the name is nobody else's to see. */
	entry.entry_timeout = 0;
	inodes_remember(session->tree.inodes, inode);
	if (fuse_reply_create(request, &entry, info) != 0) {
		handles_close(session->handles, &session->tree, info->fh);
		inodes_forget(session->tree.inodes, entry.ino, 1);
	}
}

void op_read(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset,
	     struct fuse_file_info *info)
{
	struct session *session = request_session(request);
	struct handle *handle = handles_get(session->handles, info->fh);
	const struct handle_range range = {(uint64_t)offset, size, session->cached};
	CLEANUP_CALLER struct caller caller = {0};
	struct handle_bytes bytes = {0};
	int r = handle ? 0 : -EBADF;

	if (r == 0)
		r = request_caller(request, handle_read_needs_groups(&session->tree, handle),
				   &caller);
	if (r == 0)
		r = handle_read(&session->tree, handle, &caller, &range, &bytes);
	if (r == 0 && session->cached)
		r = handles_share(session->handles, &session->tree, info->fh);
	if (r == 0)
		r = handles_settle(session->handles, info->fh);
	/* What lies in the page cache is in memory that is not locked. */
	if (session->cached)
		forget_later(session->forget, number, "");
	if (r < 0)
		request_reply(request, r);
	else
		fuse_reply_buf(request, (const char *)bytes.bytes, bytes.size);
}

/* The draft that a request is about; NULL for a handle that only reads, or is none of ours. */
static struct draft *draft_of(fuse_req_t request, const struct fuse_file_info *info)
{
	struct handle *handle = handles_get(request_session(request)->handles, info->fh);

	return handle ? handle_draft(handle) : NULL;
}

static struct scratch_file *scratch_of(fuse_req_t request, const struct fuse_file_info *info)
{
	struct handle *handle = handles_get(request_session(request)->handles, info->fh);

	return handle ? handle_scratch(handle) : NULL;
}

static int write_scratch(struct tree *tree, struct scratch_file *file,
			 const struct draft_write *write, bool append)
{
	const struct scratch_bytes bytes = {write->bytes, write->size};
	const uint64_t offset = append ? secret_size(file->bytes) : write->offset;

	return scratch_write(tree->scratch, file, offset, &bytes);
}

void op_write(fuse_req_t request, fuse_ino_t number, const char *bytes, size_t size, off_t offset,
	      struct fuse_file_info *info)
{
	const struct draft_write write = {(uint64_t)offset, (const uint8_t *)bytes, size,
					  info->lock_owner};
	struct tree *tree = &request_session(request)->tree;
	struct scratch_file *file = scratch_of(request, info);
	struct draft *draft = draft_of(request, info);
	struct handles *handles = request_session(request)->handles;
	const struct handle *handle = handles_get(handles, info->fh);
	int r = handle && handle_touches(handle) ? 0 : -EBADF;
	int settled;

	(void)number;
	if (file)
		r = write_scratch(tree, file, &write, info->flags & O_APPEND);
	else if (draft)
		r = draft_write(tree, draft, &write);
	/* What was refused may have grown before. */
	settled = handles_settle(handles, info->fh);
	if (r == 0)
		r = settled;
	if (r < 0)
		request_reply(request, r);
	else
		fuse_reply_write(request, size);
}

void op_flush(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info)
{
	struct session *session = request_session(request);
	const struct flush flush = {request, session->unique, info->fh, info->lock_owner};
	struct draft *draft = draft_of(request, info);
	const bool ends = draft && draft_ends(draft, info->lock_owner);
	const bool killed = ends && request_is_killed(request);
	int r = draft ? draft->refused : 0;

	(void)number;
	/* What is sent again comes before all else, and is told apart one by one. */
	if (ends && !killed && !session->resent && flushes_put(session, &flush, draft))
		return;
	if (ends)
		r = draft_flush(&session->tree, draft, killed);
	/* It was saved; that it cannot be saved once more is no failure. */
	if (session->done)
		r = 0;
	handles_changed(session->handles, info->fh);
	request_reply(request, r);
}

void op_fsync(fuse_req_t request, fuse_ino_t number, int data, struct fuse_file_info *info)
{
	const struct draft *draft = draft_of(request, info);

	(void)number, (void)data;
	request_reply(request, draft ? draft_check(&request_session(request)->tree, draft) : 0);
}

/* As the kernel's own attributes in sysfs: a file can always be read, and one that has changed
 * since it was read is exceptional. */
void op_poll(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info,
	     struct fuse_pollhandle *poll)
{
	struct session *session = request_session(request);
	struct handle *handle = handles_get(session->handles, info->fh);
	unsigned events = POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;

	if (handle && handle_is_behind(&session->tree, handle))
		events |= POLLPRI | POLLERR;
	if (handle && session->poll) {
		handle_poll(handle, session->poll);
		handles_changed(session->handles, info->fh);
	}
	if (poll)
		(void)!waiters_put(session->waiters, info->fh, number, poll);
	fuse_reply_poll(request, events);
}

void op_release(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info)
{
	struct session *session = request_session(request);

	(void)number;
	waiters_drop(session->waiters, info->fh);
	handles_close(session->handles, &session->tree, info->fh);
	request_reply(request, 0);
}
