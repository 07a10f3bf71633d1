#include "fs/handle_image.h"

#include "fs/handle_parts.h"

static uint64_t inode_of(struct tree *tree, const struct node *node,
			 const struct event_handle *told)
{
	const struct event_node event = event_node_of(node);

	return told->inode && memcmp(&told->node, &event, sizeof event) == 0
		       ? told->inode
		       : tree_inode(tree, node);
}

void handle_describe(struct tree *tree, const struct handle *handle, uint64_t number,
		     const struct event_handle *told, struct event_handle *ret)
{
	const struct draft *draft = &handle->draft;
	const struct opener *opener = &handle->opener;
	const struct caller *caller = &opener->caller;
	const struct {
		bool set;
		uint32_t flag;
	} flags[] = {
		{handle->reads, EVENT_READS},	      {handle->writes, EVENT_WRITES},
		{handle->directory, EVENT_DIRECTORY}, {draft->append, EVENT_APPEND},
		{draft->written, EVENT_WRITTEN},      {draft->truncated, EVENT_TRUNCATED},
		{draft->failed, EVENT_FAILED},	      {caller->groups_known, EVENT_GROUPS_KNOWN},
		{draft->exclusive, EVENT_EXCLUSIVE},  {draft->replaces, EVENT_REPLACES},
		{handle->touches, EVENT_TOUCHES},
	};

	*ret = (struct event_handle){
		.number = number,
		.inode = inode_of(tree, &handle->node, told),
		.node = event_node_of(&handle->node),
		.uid = caller->uid,
		.gid = caller->gid,
		.pid = (uint32_t)caller->pid,
		.groups = caller->group_count,
		.access_generation = opener->access_generation,
		.version = handle->version,
		.recorded = opener->recorded,
		.missing = draft->missing,
		.refused = draft->refused,
		.emptied = handle->emptied,
		.scratch = handle->file ? 1 : 0,
		.owner = draft->owner,
		.published = draft->published,
		.poll = handle->poll,
		.via = event_node_of(&opener->actor.via.link),
		.via_before = event_node_of(&opener->actor.via.before),
	};
	memcpy(ret->program, opener->actor.program, sizeof ret->program);
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		ret->flags |= flags[i].set ? flags[i].flag : 0;
}

const gid_t *handle_groups(const struct handle *handle)
{
	return handle->opener.caller.groups;
}

const struct secret *handle_bytes_of(const struct handle *handle)
{
	return handle->writes ? handle->draft.bytes : handle->snapshot;
}

uint64_t handle_revision(const struct handle *handle)
{
	return handle->writes ? handle->draft.revision : handle->revision;
}

static void revive_draft(struct tree *tree, const struct event_handle *event, struct secret *bytes,
			 struct handle *handle)
{
	handle->draft = (struct draft){
		.node = &handle->node,
		.writer = &handle->opener.caller,
		.actor = &handle->opener.actor,
		.bytes = bytes,
		.append = event->flags & EVENT_APPEND,
		.exclusive = event->flags & EVENT_EXCLUSIVE,
		.replaces = event->flags & EVENT_REPLACES,
		.written = event->flags & EVENT_WRITTEN,
		.truncated = event->flags & EVENT_TRUNCATED,
		.failed = event->flags & EVENT_FAILED,
		.missing = event->missing,
		.refused = event->refused,
		.owner = event->owner,
		.published = event->published,
	};
	if (handle->draft.replaces)
		tombstones_hold_again(&tree->tombstones, handle->node.id);
}

static int revive_scratch(struct tree *tree, struct handle *handle)
{
	struct scratch_file *file = scratch_get(tree->scratch, handle->node.id);

	if (!file)
		return -ENOENT;
	handle->scratch = tree->scratch;
	handle->file = file;
	scratch_opened(file);
	return 0;
}

/* A draft is nothing without its bytes, a snapshot that could not be had is an error to its reader.
 */
static int revive_content(struct tree *tree, const struct event_handle *event, struct secret *bytes,
			  struct handle *handle)
{
	handle->emptied = event->emptied;
	if (event->flags & EVENT_WRITES)
		revive_draft(tree, event, bytes, handle);
	else
		handle->snapshot = bytes;
	if (event->scratch)
		return revive_scratch(tree, handle);
	if (event->flags & EVENT_DIRECTORY) {
		handle->directory = true;
		/* What cannot be listed now ends here. */
		if (kind_of(&handle->node)
			    ->list(tree, &handle->node, &handle->opener.caller, &handle->listing) ==
		    0)
			listing_sort(&handle->listing);
		return 0;
	}
	return bytes || handle->emptied || kind_of(&handle->node)->read ? 0 : -EIO;
}

static int revive_opener(const struct event_handle *event, const gid_t *groups, struct opener *ret)
{
	const struct caller caller = {
		.uid = event->uid,
		.gid = event->gid,
		.pid = (pid_t)event->pid,
		.groups = (gid_t *)(uintptr_t)groups,
		.group_count = event->groups,
		.groups_known = event->flags & EVENT_GROUPS_KNOWN,
	};
	struct actor *actor = &ret->actor;
	int r = event_node_get(&event->via, &actor->via.link);

	if (r == 0)
		r = event_node_get(&event->via_before, &actor->via.before);
	if (r == 0)
		r = caller_copy(&caller, &ret->caller);
	actor->uid = event->uid;
	actor->pid = (pid_t)event->pid;
	memcpy(actor->program, event->program, sizeof event->program);
	actor->program[PROGRAM_SIZE - 1] = '\0';
	ret->access_generation = event->access_generation;
	ret->recorded = event->recorded;
	return r;
}

int handle_revive(struct tree *tree, const struct event_handle *event, const gid_t *groups,
		  struct secret *bytes, struct handle **ret)
{
	CLEANUP(handle_freep) struct handle *handle = calloc(1, sizeof *handle);
	int r = handle ? event_node_get(&event->node, &handle->node) : -ENOMEM;

	if (r == 0 && tree_inode_known(tree, &handle->node) != event->inode)
		r = -EIO;
	if (r == 0)
		r = revive_opener(event, groups, &handle->opener);
	if (r < 0) {
		secret_free(bytes);
		return r;
	}
	handle->reads = event->flags & EVENT_READS;
	handle->writes = event->flags & EVENT_WRITES;
	handle->touches = event->flags & EVENT_TOUCHES;
	handle->version = event->version;
	handle->poll = event->poll;
	r = revive_content(tree, event, bytes, handle);
	if (r == 0)
		*ret = TAKE_PTR(handle);
	return r;
}
