#include "fs/handle.h"

#include <fcntl.h>
#include <string.h>

#include "fs/follow.h"
#include "fs/handle_parts.h"
#include "fs/witness.h"

struct handle *handle_free(struct handle *handle)
{
	if (handle) {
		if (handle->file)
			scratch_closed(handle->scratch, handle->file);
		opener_done(&handle->opener);
		secret_free(handle->snapshot);
		secret_free(handle->draft.bytes);
		listing_done(&handle->listing);
		free(handle);
	}
	return NULL;
}

uid_t handle_uid(const struct handle *handle)
{
	return handle->opener.caller.uid;
}

uint64_t handle_size(const struct handle *handle)
{
	const uint64_t self = 1024;
	const struct secret *bytes = handle->writes ? handle->draft.bytes : handle->snapshot;

	return self + handle->listing.count * sizeof *handle->listing.list * 2 +
	       (bytes ? secret_capacity(bytes) : 0);
}

void handle_empty(struct handle *handle, int error)
{
	handle->emptied = error;
	handle->snapshot = secret_free(handle->snapshot);
	handle->revision++;
	if (handle->writes && !handle->file)
		draft_empty(&handle->draft, error);
}

static bool writes(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY;
}

/* A draft starts with what is there. A value that is damaged can be written anew, and only that:
 * whether the writer wants to is known when he cuts the file. */
static int begin_draft(const struct handle_open *open, struct handle *handle)
{
	struct draft *draft = &handle->draft;
	uint64_t version = 0;
	int r = -ENOENT;

	draft->node = &handle->node;
	draft->writer = &handle->opener.caller;
	draft->actor = &handle->opener.actor;
	draft->append = open->flags & O_APPEND;
	draft->touched = tree_monotonic();
	draft->exclusive = open->flags & O_EXCL;
	draft->truncated = open->flags & O_TRUNC;
	if (!draft->truncated)
		r = follow_content(open->tree, open->node, &draft->bytes, &version);
	if (r == -EIO || r == -EBADMSG)
		draft->missing = r;
	if (r == 0 && handle->reads)
		r = opener_record_read(open->tree, &handle->node, version, &handle->opener);
	return r == -ENOENT || draft->missing ? secret_new(open->tree->pool, 0, &draft->bytes) : r;
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
	int r;

	if (open->node->kind == NODE_SCRATCH)
		return open_scratch(open, handle);
	handle->touches = opener_touches(open);
	if (handle->touches) {
		handle->writes = false;
		handle->emptied = -EACCES;
		return 0;
	}
	if (handle->writes)
		return kind->commit ? begin_draft(open, handle) : -EACCES;
	handle->fresh = true;
	if (kind->read)
		return 0;
	if (!kind->content)
		return -EISDIR;
	r = follow_content(open->tree, open->node, &handle->snapshot, &handle->version);
	return r < 0 ? r
		     : opener_record_read(open->tree, &handle->node, handle->version,
					  &handle->opener);
}

static void refuse_open(const struct handle_open *open, int error)
{
	const struct actor actor = witness_actor(open->tree, open->caller);

	witness_refused(open->tree, open->node, &actor,
			writes(open->flags) ? AUDIT_SAVE : AUDIT_READ, error);
}

static int opened(const struct handle_open *open, struct handle **ret)
{
	struct handle *handle = calloc(1, sizeof *handle);
	int r;

	if (!handle)
		return -ENOMEM;
	r = opener_init(open, &handle->opener);
	if (r < 0) {
		free(handle);
		return r;
	}
	handle->node = *open->node;
	handle->reads = (open->flags & O_ACCMODE) != O_WRONLY;
	handle->writes = writes(open->flags);
	*ret = handle;
	return 0;
}

int handle_new(const struct handle_open *open, struct handle **ret)
{
	CLEANUP(handle_freep) struct handle *handle = NULL;
	struct pending *pending;
	int r = opener_authorise(open);

	if (r == 0)
		r = opened(open, &handle);
	if (r == 0)
		r = fill(open, handle);
	if (r < 0) {
		refuse_open(open, r);
		return r;
	}
	pending = handle->writes ? pendings_get(open->tree->pendings, open->node->id) : NULL;
	if (pending)
		pending->users++;
	if (handle->writes && !handle->file)
		handle->draft.replaces = tombstones_hold(&open->tree->tombstones, open->node->id,
							 open->caller->uid, tree_monotonic());
	*ret = TAKE_PTR(handle);
	return 0;
}

int handle_new_directory(const struct handle_open *open, struct handle **ret)
{
	CLEANUP(handle_freep) struct handle *handle = NULL;
	int r = opened(open, &handle);

	if (r == 0)
		r = kind_of(open->node)
			    ->list(open->tree, open->node, open->caller, &handle->listing);
	if (r < 0)
		return r;
	handle->directory = true;
	listing_sort(&handle->listing);
	*ret = TAKE_PTR(handle);
	return 0;
}

const struct listing *handle_listing(const struct handle *handle)
{
	return &handle->listing;
}

bool handle_read_needs_groups(struct tree *tree, const struct handle *handle)
{
	return opener_read_needs_groups(tree, &handle->node, &handle->opener);
}

/* A file that is made of several values may have lost one of them, which is not to be read any
 * more: what the handle has is of no use then, but that it can be read anew from the beginning. */
static int check_made(struct tree *tree, struct handle *handle, uint64_t offset)
{
	CLEANUP_SECRET struct secret *content = NULL;
	uint64_t version = 0;
	int r = follow_content(tree, &handle->node, &content, &version);

	handle->fresh = false;
	if (r == -ENOENT || (r == 0 && offset && version != handle->version))
		return -EACCES;
	return r;
}

/* A scratch file has no rights but its mode. */
static int authorise_read(struct tree *tree, struct handle *handle, const struct caller *caller,
			  uint64_t offset)
{
	const uint64_t before = handle->opener.access_generation;
	int r;

	if (handle->file)
		return 0;
	r = opener_authorise_read(tree, &handle->node, caller, &handle->opener);
	if (r == 0 && handle->opener.access_generation != before && kind_of(&handle->node)->fields)
		r = check_made(tree, handle, offset);
	/* Else he would not be judged again. */
	if (r < 0)
		handle->opener.access_generation = before;
	return r;
}

static bool secret_equal(const struct secret *a, const struct secret *b)
{
	return a && secret_size(a) == secret_size(b) &&
	       memcmp(secret_view(a), secret_view(b), secret_size(a)) == 0;
}

/* The snapshot as it is now. What was removed meanwhile stays readable through the handle. */
static int renew(struct tree *tree, struct handle *handle)
{
	CLEANUP_SECRET struct secret *content = NULL;
	uint64_t version = 0;
	int r = follow_content(tree, &handle->node, &content, &version);

	if (r == 0)
		r = opener_record_read(tree, &handle->node, version, &handle->opener);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (!secret_equal(handle->snapshot, content))
		handle->revision++;
	secret_free(handle->snapshot);
	handle->snapshot = TAKE_PTR(content);
	handle->version = version;
	return 0;
}

/* What the handle shows: the value itself if it is to be cached, since a draft is nobody else's to
 * see, and a snapshot may be of an earlier one. */
static int prepare(struct tree *tree, struct handle *handle, const struct handle_range *range,
		   const struct secret **ret)
{
	int r = handle->emptied ? handle->emptied : handle->draft.missing;

	if (r == 0 && handle->file) {
		*ret = handle->file->bytes;
		return 0;
	}
	if (r == 0 && handle->writes && range->cached)
		return -EIO;
	if (r == 0 && !handle->writes && (range->cached || (range->offset == 0 && !handle->fresh)))
		r = renew(tree, handle);
	handle->fresh = false;
	*ret = handle->writes ? handle->draft.bytes : handle->snapshot;
	return r;
}

/*
 * sendfile(2), splice(2) and private mappings read through the page cache, also of a file that is
 * opened for direct I/O, and the cache is one for all who have the file open. So that nobody finds
 * pages of two values in it, only a whole value may enter it: a part is asked for when the other
 * pages were dropped or have come from an earlier read, perhaps of another value. The kernel reads
 * ahead as far as the longest value, so that this happens to those alone who are overtaken by a
 * change.
 */
static bool is_whole(const struct handle_range *range, size_t length)
{
	return range->offset == 0 && range->size >= length;
}

/* A file without snapshots: what is there now. */
static int read_live(struct tree *tree, struct handle *handle, const struct handle_range *range,
		     struct handle_bytes *ret)
{
	const struct kind_range wanted = {range->offset, range->size};
	int r;

	handle->snapshot = secret_free(handle->snapshot);
	r = kind_of(&handle->node)->read(tree, &handle->node, &wanted, &handle->snapshot);
	if (r == 0)
		*ret = (struct handle_bytes){secret_view(handle->snapshot),
					     secret_size(handle->snapshot)};
	return r;
}

int handle_read(struct tree *tree, struct handle *handle, const struct caller *caller,
		const struct handle_range *range, struct handle_bytes *ret)
{
	const struct secret *content = NULL;
	size_t length;
	int r = authorise_read(tree, handle, caller, range->offset);

	if (r < 0)
		witness_refused(tree, &handle->node, &handle->opener.actor, AUDIT_READ, r);
	if (r == 0 && kind_of(&handle->node)->read)
		return read_live(tree, handle, range, ret);
	if (r == 0)
		r = prepare(tree, handle, range, &content);
	if (r < 0)
		return r;
	length = secret_size(content);
	if (range->cached && !handle->file && !is_whole(range, length))
		return -EIO;
	*ret = (struct handle_bytes){0};
	if (range->offset >= length)
		return 0;
	length -= range->offset;
	ret->bytes = secret_view(content) + range->offset;
	ret->size = length < range->size ? length : range->size;
	return 0;
}

int handle_share(struct tree *tree, const struct handle *reader, struct handle *other)
{
	static const struct caller nobody = {.uid = (uid_t)-1};
	int r;

	if (reader == other || reader->file || !other->reads ||
	    !node_equal(&reader->node, &other->node))
		return 0;
	r = authorise_read(tree, other, &nobody, 0);
	if (r == 0)
		r = opener_record_read(tree, &other->node, reader->version, &other->opener);
	return r < 0 ? -EIO : 0;
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

bool handle_touches(const struct handle *handle)
{
	return handle->touches;
}

void handle_poll(struct handle *handle, uint64_t poll)
{
	handle->poll = poll;
}

struct draft *handle_draft(struct handle *handle)
{
	return handle->writes && !handle->file ? &handle->draft : NULL;
}

struct scratch_file *handle_scratch(struct handle *handle)
{
	return handle->file;
}

static void release(struct tree *tree, struct handle *handle)
{
	struct pending *pending;

	if (!handle->writes || handle->file)
		return;
	draft_release(tree, &handle->draft);
	if (handle->draft.replaces)
		tombstones_release(&tree->tombstones, handle->node.id);
	pending = pendings_get(tree->pendings, handle->node.id);
	if (pending && pending->users)
		pending->users--;
	pendings_settle(tree->pendings, handle->node.id);
	/* The kernel has followed the writes with the size that it keeps. */
	tree_invalidate(tree, &handle->node);
}

struct handle *handle_release(struct tree *tree, struct handle *handle)
{
	release(tree, handle);
	return handle_free(handle);
}
