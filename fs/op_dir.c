#include <string.h>

#include "fs/op.h"

/* A listing's positions: 0 and 1 are `.` and `..`, then the entries in their order. */
enum { DOTS = 2 };

void op_opendir(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info)
{
	struct session *session = request_session(request);
	CLEANUP_CALLER struct caller caller = {0};
	struct inode *inode = NULL;
	int r = request_inode(request, number, &inode);

	/* Only these lists depend on who asks. */
	if (r == 0)
		r = request_caller(request,
				   inode->node.kind == NODE_ORGS || inode->node.kind == NODE_ORG ||
					   inode->node.kind == NODE_USE,
				   &caller);
	if (r == 0 && !kind_of(&inode->node)->list)
		r = -ENOTDIR;
	if (r == 0) {
		const struct handle_open open = {&session->tree, &inode->node, &caller, info->flags,
						 session->unique};

		r = handles_open_directory(session->handles, &open, &info->fh);
	}
	if (r < 0)
		request_reply(request, r);
	else if (fuse_reply_open(request, info) != 0)
		handles_close(session->handles, &session->tree, info->fh);
}

/* What is written of a listing, as much as fits. */
struct page {
	fuse_req_t request;
	char *bytes;
	size_t size;
	size_t used;
	bool plus; /* with attributes: the kernel is told of each inode */
};

static bool page_add(struct page *page, const char *name, const struct fuse_entry_param *entry,
		     off_t next)
{
	char *at = page->bytes + page->used;
	const size_t room = page->size - page->used;
	size_t need;

	if (page->plus)
		need = fuse_add_direntry_plus(page->request, at, room, name, entry, next);
	else
		need = fuse_add_direntry(page->request, at, room, name, &entry->attr, next);
	if (need > room)
		return false;
	page->used += need;
	return true;
}

static bool add_dot(struct page *page, off_t position)
{
	const struct fuse_entry_param entry = {.attr = {.st_mode = S_IFDIR}};

	return page_add(page, position ? ".." : ".", &entry, position + 1);
}

static bool add_entry(struct page *page, const struct listing_entry *item, off_t position)
{
	struct session *session = request_session(page->request);
	struct fuse_entry_param entry = {0};
	struct inode *inode = NULL;

	/* One that cannot be read is still listed; looking it up says what is wrong. */
	if (!page->plus || request_entry(page->request, &item->node, &entry, &inode) < 0) {
		entry = (struct fuse_entry_param){0};
		entry.attr.st_ino = tree_inode(&session->tree, &item->node);
		entry.attr.st_mode = kind_of(&item->node)->type;
	}
	if (!page_add(page, item->name, &entry, position + 1)) {
		if (inode)
			inodes_forget(session->tree.inodes, inode->number, 0);
		return false;
	}
	if (inode)
		inodes_remember(session->tree.inodes, inode);
	return true;
}

static void list(fuse_req_t request, size_t size, off_t offset, uint64_t number, bool plus)
{
	struct session *session = request_session(request);
	const struct handle *handle = handles_get(session->handles, number);
	struct page page = {.request = request, .size = size, .plus = plus};
	const struct listing *listing;
	CLEANUP_FREE char *bytes = NULL;
	off_t position = offset;

	if (!handle || offset < 0) {
		request_reply(request, -EBADF);
		return;
	}
	listing = handle_listing(handle);
	bytes = malloc(size);
	page.bytes = bytes;
	if (!bytes) {
		request_reply(request, -ENOMEM);
		return;
	}
	for (; position < DOTS; position++) {
		if (!add_dot(&page, position))
			break;
	}
	for (; position >= DOTS && (size_t)position - DOTS < listing->count; position++) {
		if (!add_entry(&page, &listing->list[position - DOTS], position))
			break;
	}
	fuse_reply_buf(request, bytes, page.used);
}

void op_readdir(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset,
		struct fuse_file_info *info)
{
	(void)number;
	list(request, size, offset, info->fh, false);
}

void op_readdirplus(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset,
		    struct fuse_file_info *info)
{
	(void)number;
	list(request, size, offset, info->fh, true);
}

void op_releasedir(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info)
{
	(void)number;
	handles_close(request_session(request)->handles, &request_session(request)->tree, info->fh);
	request_reply(request, 0);
}

void op_fsyncdir(fuse_req_t request, fuse_ino_t number, int data, struct fuse_file_info *info)
{
	(void)number, (void)data, (void)info;
	/* Every change is durable before it is acknowledged. */
	request_reply(request, 0);
}
