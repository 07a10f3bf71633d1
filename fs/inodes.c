#include "fs/inodes.h"

#include <search.h>

struct inodes {
	void *tree; /* tsearch tree of struct inode */
	size_t count;
	void (*changed)(void *context, const struct inode *inode);
	void *context;
};

static int compare(const void *left, const void *right)
{
	const struct inode *a = left;
	const struct inode *b = right;

	return a->number < b->number ? -1 : a->number > b->number;
}

static void inode_free(void *pointer)
{
	struct inode *inode = pointer;

	acl_done(&inode->acl);
	free(inode);
}

int inodes_new(struct inodes **ret)
{
	struct inodes *inodes = calloc(1, sizeof *inodes);

	if (!inodes)
		return -ENOMEM;
	*ret = inodes;
	return 0;
}

struct inodes *inodes_free(struct inodes *inodes)
{
	if (inodes) {
		tdestroy(inodes->tree, inode_free);
		free(inodes);
	}
	return NULL;
}

struct inode *inodes_get(const struct inodes *inodes, uint64_t number)
{
	const struct inode wanted = {.number = number};
	struct inode *const *found = tfind(&wanted, &inodes->tree, compare);

	return found ? *found : NULL;
}

int inodes_add(struct inodes *inodes, uint64_t number, const struct node *node, struct inode **ret)
{
	struct inode *inode = inodes_get(inodes, number);

	if (inode) {
		if (!node_equal(&inode->node, node))
			return -EIO;
		*ret = inode;
		return 0;
	}
	inode = calloc(1, sizeof *inode);
	if (!inode)
		return -ENOMEM;
	inode->number = number;
	inode->node = *node;
	if (!tsearch(inode, &inodes->tree, compare)) {
		free(inode);
		return -ENOMEM;
	}
	inodes->count++;
	*ret = inode;
	return 0;
}

void inodes_watch(struct inodes *inodes, void (*changed)(void *context, const struct inode *inode),
		  void *context)
{
	inodes->changed = changed;
	inodes->context = context;
}

static void tell(const struct inodes *inodes, const struct inode *inode)
{
	if (inodes->changed)
		inodes->changed(inodes->context, inode);
}

void inodes_remember(struct inodes *inodes, struct inode *inode)
{
	inode->lookups++;
	tell(inodes, inode);
}

int inodes_restore(struct inodes *inodes, uint64_t number, const struct node *node,
		   uint64_t lookups)
{
	struct inode *inode = NULL;
	int r = inodes_add(inodes, number, node, &inode);

	if (r == 0)
		inode->lookups = lookups;
	return r;
}

void inodes_forget(struct inodes *inodes, uint64_t number, uint64_t count)
{
	struct inode *inode = inodes_get(inodes, number);

	if (!inode)
		return;
	inode->lookups -= count < inode->lookups ? count : inode->lookups;
	if (count)
		tell(inodes, inode);
	if (inode->lookups)
		return;
	tdelete(inode, &inodes->tree, compare);
	inodes->count--;
	inode_free(inode);
}

struct visit_all {
	void (*each)(void *context, const struct inode *inode);
	void *context;
};

static void visit_any(const void *node, VISIT visit, void *context)
{
	const struct visit_all *request = context;

	if (visit == postorder || visit == leaf)
		request->each(request->context, *(const struct inode *const *)node);
}

void inodes_all(const struct inodes *inodes, void (*each)(void *context, const struct inode *inode),
		void *context)
{
	struct visit_all request = {.each = each, .context = context};

	twalk_r(inodes->tree, visit_any, &request);
}

struct visit {
	size_t pin;
	void (*each)(void *context, uint64_t number);
	void *context;
};

static void visit_one(const void *node, VISIT visit, void *context)
{
	const struct inode *inode = *(const struct inode *const *)node;
	const struct visit *request = context;

	if ((visit == postorder || visit == leaf) && inode->node.pin == request->pin)
		request->each(request->context, inode->number);
}

void inodes_each(const struct inodes *inodes, size_t pin,
		 void (*each)(void *context, uint64_t number), void *context)
{
	struct visit request = {.pin = pin, .each = each, .context = context};

	twalk_r(inodes->tree, visit_one, &request);
}

size_t inodes_count(const struct inodes *inodes)
{
	return inodes->count;
}
