#include "fs/request.h"

#include <fcntl.h>
#include <string.h>

#include "fs/attr.h"
#include "fs/log.h"

/* In /proc/PID/stat, field 9: the process is dying of a signal. */
enum { PF_SIGNALED = 0x400 };

struct session *request_session(fuse_req_t request)
{
	return fuse_req_userdata(request);
}

static int read_groups(fuse_req_t request, struct caller *caller)
{
	int room = 64;

	for (;;) {
		CLEANUP_FREE gid_t *groups = calloc((size_t)room, sizeof *groups);
		int count;

		if (!groups)
			return -ENOMEM;
		count = fuse_req_getgroups(request, room, groups);
		if (count < 0)
			return 0; /* unknown: they give no right */
		if (count <= room) {
			caller->groups = TAKE_PTR(groups);
			caller->group_count = (size_t)count;
			caller->groups_known = true;
			return 0;
		}
		room = count;
	}
}

int request_caller(fuse_req_t request, bool groups, struct caller *ret)
{
	const struct fuse_ctx *context = fuse_req_ctx(request);
	struct caller caller = {.uid = context->uid, .gid = context->gid, .pid = context->pid};
	int r = 0;

	if (groups && caller.pid)
		r = read_groups(request, &caller);
	if (r == 0)
		*ret = caller;
	return r;
}

/* A small file of a process in /proc; false when it cannot be read. */
static bool read_proc(pid_t pid, const char *name, char *ret, size_t size)
{
	CLEANUP_CLOSE int fd = -1;
	char path[64];
	ssize_t length;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? -1 : read(fd, ret, size - 1);
	if (length <= 0)
		return false;
	ret[length] = '\0';
	return true;
}

/* A process that ends gives up its memory before its files. One that executes another program
 * closes files too, holding a lock that reading its `stat` waits for: that would wait for ever,
 * because it waits for us. It still has memory, and `statm` waits for nothing. */
static bool has_memory(pid_t pid)
{
	unsigned long pages = 1;
	char statm[256];

	return !read_proc(pid, "statm", statm, sizeof statm) || sscanf(statm, "%lu", &pages) != 1 ||
	       pages;
}

bool request_is_killed(fuse_req_t request)
{
	const pid_t pid = fuse_req_ctx(request)->pid;
	unsigned flags = 0;
	const char *rest;
	char stat[1024];

	if (has_memory(pid) || !read_proc(pid, "stat", stat, sizeof stat))
		return false;
	/* The name of the program may hold anything, a parenthesis too. */
	rest = strrchr(stat, ')');
	if (!rest || sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) != 1)
		return false;
	return flags & PF_SIGNALED;
}

int request_inode(fuse_req_t request, fuse_ino_t number, struct inode **ret)
{
	struct inode *inode = inodes_get(request_session(request)->tree.inodes, number);

	if (!inode)
		return -ENOENT;
	*ret = inode;
	return 0;
}

void request_reply(fuse_req_t request, int error)
{
	switch (error) {
	case -EBADMSG: /* damaged */
	case -ESTALE:  /* another writer */
	case -EPROTONOSUPPORT:
	case -ENOKEY:
	case -EUCLEAN:
		error = -EIO;
		break;
	default:
		break;
	}
	fuse_reply_err(request, -error);
}

int request_entry(fuse_req_t request, const struct node *node, struct fuse_entry_param *ret,
		  struct inode **ret_inode)
{
	struct tree *tree = &request_session(request)->tree;
	struct fuse_entry_param entry = {0};
	struct inode *inode = NULL;
	int r;

	entry.ino = tree_inode(tree, node);
	r = inodes_add(tree->inodes, entry.ino, node, &inode);
	if (r == -EIO)
		log_line(LOG_ERR, "two objects have inode %llu: the second is not served",
			 (unsigned long long)entry.ino);
	if (r == 0)
		r = attr_of(tree, inode, &entry.attr);
	if (r < 0) {
		/* Not counted: goes again unless the kernel knows it from before. */
		inodes_forget(tree->inodes, entry.ino, 0);
		return r;
	}
	entry.attr_timeout = attr_timeout(node);
	entry.entry_timeout = name_timeout(node);
	*ret = entry;
	*ret_inode = inode;
	return 0;
}

/*
 * When another file is renamed over a field the kernel takes a link away from its inode, and ends
 * all watches on one that has none left; but a field's inode is the same after that. Right before,
 * the kernel asks for the name once more, which it hardly does for any other reason when it knows
 * the inode. So it is told of a second link then, and to ask again before it believes it: what
 * stat(2) shows is one link, because tools treat files with more of them in ways of their own.
 */
static void keep_watches(const struct inode *inode, struct fuse_entry_param *entry)
{
	if (inode->node.kind != NODE_FIELD || !inode->lookups)
		return;
	entry->attr.st_nlink = 2;
	entry->attr_timeout = 0;
}

void request_reply_node(fuse_req_t request, int error, const struct node *node)
{
	struct fuse_entry_param entry;
	struct inode *inode = NULL;
	int r = error;

	if (r == 0)
		r = request_entry(request, node, &entry, &inode);
	if (r < 0) {
		request_reply(request, r);
		return;
	}
	keep_watches(inode, &entry);
	inodes_remember(request_session(request)->tree.inodes, inode);
	if (fuse_reply_entry(request, &entry) != 0)
		inodes_forget(request_session(request)->tree.inodes, entry.ino, 1);
}
