#include "fs/handle.h"

#include <fcntl.h>
#include <string.h>

#include "fs/draft.h"
#include "fs/share.h"
#include "fs/slots.h"

/* How long the kernel may still let in who it looked up before a change. */
static const uint64_t recent_ns = UINT64_C(10000000000);

struct handle {
	struct node node;
	struct caller opener;
	bool writes;
	uint64_t access_generation; /* of the organisation, when the opener was last judged */
	struct secret *snapshot;    /* of a handle that only reads */
	uint64_t version;
	bool fresh;		 /* and has not been read from */
	struct draft draft;	 /* of one that writes */
	struct scratch *scratch; /* of a scratch file: shared by all that have it open */
	struct scratch_file *file;
	struct listing listing; /* of a directory */
	uint64_t charge;	/* of the share of whoever opened it */
};

struct handles {
	struct slots *slots;
	struct shares *shares;
};

static struct handle *handle_free(struct handle *handle)
{
	if (handle) {
		if (handle->file)
			scratch_closed(handle->scratch, handle->file);
		caller_done(&handle->opener);
		secret_free(handle->snapshot);
		secret_free(handle->draft.bytes);
		listing_done(&handle->listing);
		free(handle);
	}
	return NULL;
}
DEFINE_CLEANUP(struct handle, handle_free);

int handles_new(uint64_t share, struct handles **ret)
{
	CLEANUP(handles_freep) struct handles *handles = calloc(1, sizeof *handles);
	int r;

	if (!handles)
		return -ENOMEM;
	r = slots_new(&handles->slots);
	if (r == 0)
		r = shares_new(share, &handles->shares);
	if (r == 0)
		*ret = TAKE_PTR(handles);
	return r;
}

struct handles *handles_free(struct handles *handles)
{
	struct handle *handle;

	if (!handles)
		return NULL;
	while (handles->slots && (handle = slots_take_any(handles->slots)))
		handle_free(handle);
	slots_free(handles->slots);
	shares_free(handles->shares);
	free(handles);
	return NULL;
}

struct handle *handles_get(struct handles *handles, uint64_t number)
{
	return slots_get(handles->slots, number);
}

void handles_close(struct handles *handles, uint64_t number)
{
	struct handle *handle = slots_take(handles->slots, number);

	if (handle)
		shares_give(handles->shares, handle->opener.uid, handle->charge);
	handle_free(handle);
}

/* What a handle holds at most, as far as it can be told when it is opened; a little for itself. */
static uint64_t charge_of(const struct handle *handle)
{
	const uint64_t self = 1024;

	if (handle->writes && !handle->file)
		return self + DRAFT_MAX;
	if (handle->snapshot)
		return self + secret_capacity(handle->snapshot);
	return self + handle->listing.count * sizeof *handle->listing.list * 2;
}

static int add(struct handles *handles, struct handle *handle, uint64_t unique,
	       uint64_t *ret_number)
{
	int r;

	handle->charge = charge_of(handle);
	r = shares_take(handles->shares, handle->opener.uid, handle->charge);
	if (r < 0)
		return r;
	r = slots_put(handles->slots, handle, unique, ret_number);
	if (r < 0)
		shares_give(handles->shares, handle->opener.uid, handle->charge);
	return r;
}

static bool writes(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY;
}

bool handle_open_needs_groups(struct tree *tree, const struct node *node, int flags)
{
	const uint64_t changed = tree_org_state(tree, node->pin)->access_changed;

	return writes(flags) || (changed && tree_monotonic() - changed < recent_ns);
}

/* The kernel has judged the caller, but perhaps by a list that was taken back meanwhile. */
static int authorise_open(const struct handle_open *open)
{
	const int mode = open->flags & O_ACCMODE;
	unsigned bits = mode == O_RDONLY ? 4 : mode == O_WRONLY ? 2 : 6;

	/* The owner of the inodes is nobody; who runs under its number anyway has no right. */
	if (open->caller->uid == open->tree->owner && open->node->pin != NO_PIN)
		return -EACCES;
	/* A scratch file is its maker's: that is its mode, which the kernel has checked. */
	if (open->node->kind == NODE_SCRATCH ||
	    !handle_open_needs_groups(open->tree, open->node, open->flags))
		return 0;
	return access_bits(open->tree, open->node, open->caller, bits);
}

/* A draft starts with what is there, unless the writer has said that he writes all of it anew. */
static int begin_draft(const struct handle_open *open, struct handle *handle)
{
	struct draft *draft = &handle->draft;
	uint64_t version = 0;
	int r = -ENOENT;

	draft->node = &handle->node;
	draft->writer = &handle->opener;
	draft->append = open->flags & O_APPEND;
	draft->truncated = open->flags & O_TRUNC;
	if (!draft->truncated)
		r = kind_of(open->node)->content(open->tree, open->node, &draft->bytes, &version);
	return r == -ENOENT ? secret_new(open->tree->pool, 0, &draft->bytes) : r;
}

static int open_scratch(const struct handle_open *open, struct handle *handle)
{
	struct scratch_file *file = scratch_get(open->tree->scratch, open->node->id);

	if (!file)
		return -ENOENT;
	handle->scratch = open->tree->scratch;
	handle->file = file;
	scratch_opened(file);
	return handle->writes && open->flags & O_TRUNC ? scratch_resize(handle->scratch, file, 0)
						       : 0;
}

static int fill(const struct handle_open *open, struct handle *handle)
{
	const struct kind *kind = kind_of(open->node);

	if (open->node->kind == NODE_SCRATCH)
		return open_scratch(open, handle);

	if (handle->writes)
		return kind->commit ? begin_draft(open, handle) : -EACCES;
	handle->fresh = true;
	if (!kind->content)
		return -EISDIR;
	return kind->content(open->tree, open->node, &handle->snapshot, &handle->version);
}

static int handle_new(const struct handle_open *open, struct handle **ret)
{
	struct handle *handle = calloc(1, sizeof *handle);
	int r;

	if (!handle)
		return -ENOMEM;
	r = caller_copy(open->caller, &handle->opener);
	if (r < 0) {
		free(handle);
		return r;
	}
	handle->node = *open->node;
	handle->writes = writes(open->flags);
	handle->access_generation = tree_org_state(open->tree, open->node->pin)->access_generation;
	*ret = handle;
	return 0;
}

int handles_open(struct handles *handles, const struct handle_open *open, uint64_t *ret_number)
{
	CLEANUP(handle_freep) struct handle *handle = NULL;
	struct pending *pending;
	int r = authorise_open(open);

	if (r == 0)
		r = handle_new(open, &handle);
	if (r == 0)
		r = fill(open, handle);
	if (r == 0)
		r = add(handles, handle, open->unique, ret_number);
	if (r < 0)
		return r;
	pending = pendings_get(open->tree->pendings, open->node->id);
	if (pending)
		pending->users++;
	if (open->node->kind == NODE_PROVIDER && !handle->writes)
		copying_begin(&open->tree->copying, open->caller->pid);
	(void)TAKE_PTR(handle);
	return 0;
}

int handles_open_directory(struct handles *handles, const struct handle_open *open,
			   uint64_t *ret_number)
{
	CLEANUP(handle_freep) struct handle *handle = NULL;
	int r = handle_new(open, &handle);

	if (r == 0)
		r = kind_of(open->node)
			    ->list(open->tree, open->node, open->caller, &handle->listing);
	if (r < 0)
		return r;
	listing_sort(&handle->listing);
	r = add(handles, handle, open->unique, ret_number);
	if (r == 0)
		(void)TAKE_PTR(handle);
	return r;
}

const struct listing *handle_listing(const struct handle *handle)
{
	return &handle->listing;
}

bool handle_read_needs_groups(struct tree *tree, const struct handle *handle)
{
	return !handle->opener.groups_known &&
	       tree_org_state(tree, handle->node.pin)->access_generation !=
		       handle->access_generation;
}

/* The opener's groups, if they were not needed at the open: the reader's while it is the same
 * process, else what the user database says. */
static void learn_groups(struct handle *handle, const struct caller *caller)
{
	struct caller opener = {0};

	if (handle->opener.groups_known)
		return;
	if (caller->groups_known && caller->pid == handle->opener.pid &&
	    caller->uid == handle->opener.uid && caller_copy(caller, &opener) == 0) {
		caller_done(&handle->opener);
		handle->opener = opener;
	} else if (caller_groups_from_database(&handle->opener) < 0) {
		/* Unknown groups give no right: that is the whole answer. */
		handle->opener.groups_known = false;
	}
}

/* Rights have changed since the opener was judged: judge again. */
static int authorise_read(struct tree *tree, struct handle *handle, const struct caller *caller)
{
	const uint64_t generation = tree_org_state(tree, handle->node.pin)->access_generation;
	int r;

	if (handle->access_generation == generation || handle->file)
		return 0;
	learn_groups(handle, caller);
	r = access_bits(tree, &handle->node, &handle->opener, 4);
	if (r == 0)
		handle->access_generation = generation;
	return r;
}

/* The snapshot as it is now. What was removed meanwhile stays readable through the handle. */
static int renew(struct tree *tree, struct handle *handle)
{
	CLEANUP_SECRET struct secret *content = NULL;
	uint64_t version = 0;
	int r = kind_of(&handle->node)->content(tree, &handle->node, &content, &version);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	secret_free(handle->snapshot);
	handle->snapshot = TAKE_PTR(content);
	handle->version = version;
	return 0;
}

int handle_read(struct tree *tree, struct handle *handle, const struct caller *caller,
		const struct handle_range *range, struct handle_bytes *ret)
{
	const struct secret *content;
	size_t length;
	int r = authorise_read(tree, handle, caller);

	if (r == 0 && range->offset == 0 && !handle->fresh && !handle->writes && !handle->file)
		r = renew(tree, handle);
	if (r < 0)
		return r;
	handle->fresh = false;
	content = handle->file	   ? handle->file->bytes
		  : handle->writes ? handle->draft.bytes
				   : handle->snapshot;
	length = secret_size(content);
	*ret = (struct handle_bytes){0};
	if (range->offset >= length)
		return 0;
	length -= range->offset;
	ret->bytes = secret_view(content) + range->offset;
	ret->size = length < range->size ? length : range->size;
	return 0;
}

bool handle_is_behind(struct tree *tree, const struct handle *handle)
{
	CLEANUP_SECRET struct secret *content = NULL;
	uint64_t version = 0;

	if (handle->writes || handle->file || !kind_of(&handle->node)->content)
		return false;
	return kind_of(&handle->node)->content(tree, &handle->node, &content, &version) == 0 &&
	       version != handle->version;
}

struct draft *handle_draft(struct handle *handle)
{
	return handle->writes && !handle->file ? &handle->draft : NULL;
}

struct scratch_file *handle_scratch(struct handle *handle)
{
	return handle->file;
}

void handle_release(struct tree *tree, struct handle *handle)
{
	struct pending *pending;

	if (handle->node.kind == NODE_PROVIDER && !handle->writes)
		copying_end(&tree->copying, handle->opener.pid);
	if (!handle->writes || handle->file)
		return;
	draft_release(tree, &handle->draft);
	pending = pendings_get(tree->pendings, handle->node.id);
	if (pending && pending->users)
		pending->users--;
	pendings_settle(tree->pendings, handle->node.id);
	/* The kernel has followed the writes with the size that it keeps. */
	tree_invalidate(tree, &handle->node);
}
