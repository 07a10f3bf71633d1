#include "fs/walk.h"

#include <string.h>

/* Where a walk through the tree has come to. */
struct walk {
	struct node stack[8];
	size_t depth;
};

/* How deep an organisation lies, below the root and orgs/. */
enum { ORG_DEPTH = 2 };

static void go(struct walk *walk, size_t depth, enum node_kind kind, struct record_id id)
{
	const size_t pin = walk->stack[ORG_DEPTH].pin;

	walk->depth = depth;
	walk->stack[depth] = (struct node){.kind = kind, .pin = pin, .id = id};
}

static const struct record_id top = {{0}};

/* To a record that links lead to, by the way that its path goes. */
static int go_to(const struct org *org, struct walk *walk, struct record_id id)
{
	const struct record *record = org_record(org, id);

	if (!record)
		return -EINVAL;
	switch ((int)record->kind) {
	case RECORD_ACCOUNT:
		if (record_id_is_zero(record->parent)) {
			go(walk, ORG_DEPTH + 1, NODE_ACCOUNT, id);
			return 0;
		}
		go(walk, ORG_DEPTH + 1, NODE_USERS, top);
		go(walk, ORG_DEPTH + 2, NODE_USER, record->parent);
		go(walk, ORG_DEPTH + 3, NODE_ACCOUNT, id);
		return 0;
	case RECORD_CONNECTION:
		go(walk, ORG_DEPTH + 1, NODE_CONNECTIONS, top);
		go(walk, ORG_DEPTH + 2, NODE_CONNECTION, id);
		return 0;
	case RECORD_ASSOCIATION:
		go(walk, ORG_DEPTH + 1, NODE_CONNECTIONS, top);
		go(walk, ORG_DEPTH + 2, NODE_CONNECTION, record->parent);
		go(walk, ORG_DEPTH + 3, NODE_ASSOCIATION, id);
		return 0;
	default:
		return -EINVAL;
	}
}

/* Go from a link to what it leads to. */
static int follow(const struct edit *edit, struct walk *walk, const struct node *link)
{
	const struct record *record;
	struct org *org = NULL;

	if (tree_org(edit->tree, link, &org) < 0)
		return -EINVAL;
	record = org_record(org, link->id);
	return record ? go_to(org, walk, record->target) : -EINVAL;
}

static int step_down(const struct edit *edit, struct walk *walk, const char *name)
{
	const struct node *here = &walk->stack[walk->depth];
	const struct kind *kind = kind_of(here);
	struct node found = {0};

	if (!kind->lookup || walk->depth + 1 >= sizeof walk->stack / sizeof walk->stack[0] ||
	    (here->kind == NODE_USER && access_bits(edit->tree, here, edit->caller, 1) < 0))
		return -EINVAL;
	if (kind->lookup(edit->tree, here, name, edit->caller, &found) < 0)
		return -EINVAL;
	/* What other organisations have is not answered for. */
	if (found.kind == NODE_ORG && found.pin != edit->directory->pin)
		return -EINVAL;
	if (found.kind != NODE_LINK) {
		walk->stack[++walk->depth] = found;
		return 0;
	}
	return access_bits(edit->tree, here, edit->caller, 1) < 0 ? -EINVAL
								  : follow(edit, walk, &found);
}

static int step(const struct edit *edit, struct walk *walk, const char *name)
{
	const struct node here = walk->stack[walk->depth];
	int r = 0;

	if (here.kind == NODE_ASSOCIATION)
		r = follow(edit, walk, &here);
	if (r < 0 || strcmp(name, ".") == 0)
		return r;
	if (strcmp(name, "..") != 0)
		return step_down(edit, walk, name);
	if (walk->depth == 0)
		return -EINVAL;
	walk->depth--;
	return 0;
}

/* The path of an absolute target below the mount point; NULL when it leads elsewhere. */
static const char *below_mount(const struct tree *tree, const char *target)
{
	const size_t length = strlen(tree->mountpoint);

	if (strncmp(target, tree->mountpoint, length) != 0)
		return NULL;
	return target[length] == '/' || target[length] == '\0' ? target + length : NULL;
}

static struct walk start(const struct edit *edit, bool absolute)
{
	const bool project = edit->directory->kind == NODE_PROJECT;
	const size_t pin = edit->directory->pin;
	struct walk walk = {0};

	walk.stack[0] = (struct node){.kind = NODE_ROOT, .pin = NO_PIN};
	walk.stack[1] = (struct node){.kind = NODE_ORGS, .pin = NO_PIN};
	walk.stack[ORG_DEPTH] = (struct node){.kind = NODE_ORG, .pin = pin};
	if (absolute)
		return walk;
	go(&walk, ORG_DEPTH + 1, project ? NODE_PROJECTS : NODE_CONNECTIONS, top);
	go(&walk, ORG_DEPTH + 2, edit->directory->kind, edit->directory->id);
	return walk;
}

int walk_to(const struct edit *edit, const char *target, struct node *ret)
{
	const bool absolute = target[0] == '/';
	const char *path = absolute ? below_mount(edit->tree, target) : target;
	CLEANUP_FREE char *copy = path ? strdup(path) : NULL;
	struct walk walk = start(edit, absolute);
	char *rest = copy;
	const char *name;

	if (!copy)
		return path ? -ENOMEM : -EINVAL;
	while ((name = strsep(&rest, "/"))) {
		int r = *name ? step(edit, &walk, name) : 0;

		if (r < 0)
			return r;
	}
	*ret = walk.stack[walk.depth];
	return ret->pin == edit->directory->pin ? 0 : -EINVAL;
}
