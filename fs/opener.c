#include "fs/opener.h"

#include <fcntl.h>

#include "fs/witness.h"

/* How long the kernel may still let in who it looked up before a change. */
static const uint64_t recent_ns = UINT64_C(10000000000);

static bool writes(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY;
}

int opener_init(const struct handle_open *open, struct opener *ret)
{
	struct tree *tree = open->tree;
	struct caller caller = {0};
	int r = caller_copy(open->caller, &caller);

	if (r < 0)
		return r;
	*ret = (struct opener){
		.caller = caller,
		.actor = witness_opener(tree, open->node, open->caller, writes(open->flags)),
		.access_generation = tree_org_state(tree, open->node->pin)->access_generation,
	};
	return 0;
}

void opener_done(struct opener *opener)
{
	caller_done(&opener->caller);
}

bool opener_needs_groups(struct tree *tree, const struct node *node, int flags)
{
	const uint64_t changed = tree_org_state(tree, node->pin)->access_changed;

	return writes(flags) || (changed && tree_monotonic() - changed < recent_ns);
}

bool opener_read_needs_groups(struct tree *tree, const struct node *node,
			      const struct opener *opener)
{
	return !opener->caller.groups_known &&
	       tree_org_state(tree, node->pin)->access_generation != opener->access_generation;
}

bool opener_touches(const struct handle_open *open)
{
	return open->caller->uid == open->tree->owner && kind_of(open->node)->commit &&
	       (open->flags & (O_ACCMODE | O_TRUNC | O_APPEND | O_CREAT | O_EXCL)) == O_WRONLY;
}

int opener_authorise(const struct handle_open *open)
{
	const int mode = open->flags & O_ACCMODE;
	unsigned bits = mode == O_RDONLY ? 4 : mode == O_WRONLY ? 2 : 6;

	/* The owner of the inodes is nobody; who runs under its number anyway has no right, but to
	 * what harms nothing. */
	if (open->caller->uid == open->tree->owner && open->node->pin != NO_PIN)
		return opener_touches(open) ? 0 : -EACCES;
	/* A scratch file is its maker's: that is its mode, which the kernel has checked. */
	if (open->node->kind == NODE_SCRATCH ||
	    !opener_needs_groups(open->tree, open->node, open->flags))
		return 0;
	return access_bits(open->tree, open->node, open->caller, bits);
}

/* His groups, if they were not needed at the open: the reader's while it is the same process, else
 * what the user database says. */
static void learn_groups(struct opener *opener, const struct caller *caller)
{
	struct caller copy = {0};

	if (opener->caller.groups_known)
		return;
	if (caller->groups_known && caller->pid == opener->caller.pid &&
	    caller->uid == opener->caller.uid && caller_copy(caller, &copy) == 0) {
		caller_done(&opener->caller);
		opener->caller = copy;
	} else if (caller_groups_from_database(&opener->caller) < 0) {
		/* Unknown groups give no right: that is the whole answer. */
		opener->caller.groups_known = false;
	}
}

int opener_authorise_read(struct tree *tree, const struct node *node, const struct caller *caller,
			  struct opener *opener)
{
	const uint64_t generation = tree_org_state(tree, node->pin)->access_generation;
	int r;

	if (opener->access_generation == generation)
		return 0;
	learn_groups(opener, caller);
	r = access_bits(tree, node, &opener->caller, 4);
	if (r == 0)
		opener->access_generation = generation;
	return r;
}

int opener_record_read(struct tree *tree, const struct node *node, uint64_t version,
		       struct opener *opener)
{
	int r = 0;

	if (version != opener->recorded)
		r = witness_read(tree, node, &opener->actor, version);
	if (r == 0)
		opener->recorded = version;
	return r;
}
