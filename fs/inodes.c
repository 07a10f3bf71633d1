#include "fs/inodes.h"

struct inodes {
	struct table table; /* by number */
	void (*changed)(void *context, const struct inode *inode);
	void *context;
};

static struct inode *at(struct table_place *place)
{
	return place ? (struct inode *)((char *)place - offsetof(struct inode, place)) : NULL;
}

static struct inode *next(const struct inodes *inodes, const struct inode *previous)
{
	return at(table_next(&inodes->table, previous ? &previous->place : NULL));
}

static uint64_t hash_of(const struct inodes *inodes, uint64_t number)
{
	return table_hash(&inodes->table, &number, sizeof number);
}

static void inode_free(struct inode *inode)
{
	acl_done(&inode->acl);
	free(inode);
}

int inodes_new(struct inodes **ret)
{
	struct inodes *inodes = calloc(1, sizeof *inodes);

	if (!inodes)
		return -ENOMEM;
	table_init(&inodes->table);
	*ret = inodes;
	return 0;
}

struct inodes *inodes_free(struct inodes *inodes)
{
	struct inode *inode, *following;

	if (!inodes)
		return NULL;
	for (inode = next(inodes, NULL); inode; inode = following) {
		following = next(inodes, inode);
		inode_free(inode);
	}
	table_done(&inodes->table);
	free(inodes);
	return NULL;
}

struct inode *inodes_get(const struct inodes *inodes, uint64_t number)
{
	struct table_place *place = table_find(&inodes->table, hash_of(inodes, number));

	while (place && at(place)->number != number)
		place = table_find_next(place);
	return at(place);
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
	if (table_put(&inodes->table, &inode->place, hash_of(inodes, number)) < 0) {
		free(inode);
		return -ENOMEM;
	}
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
	table_remove(&inodes->table, &inode->place);
	inode_free(inode);
}

void inodes_all(const struct inodes *inodes, void (*each)(void *context, const struct inode *inode),
		void *context)
{
	for (const struct inode *inode = next(inodes, NULL); inode; inode = next(inodes, inode))
		each(context, inode);
}

void inodes_each(const struct inodes *inodes, size_t pin,
		 void (*each)(void *context, uint64_t number), void *context)
{
	for (const struct inode *inode = next(inodes, NULL); inode; inode = next(inodes, inode)) {
		if (inode->node.pin == pin)
			each(context, inode->number);
	}
}

size_t inodes_count(const struct inodes *inodes)
{
	return inodes->table.count;
}
