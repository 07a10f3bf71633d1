#include "fs/scratch.h"

#include <fnmatch.h>
#include <string.h>
#include <time.h>

#include "store/change.h"

/* One user's share of the whole. */
enum { SHARES = 4 };

struct scratch {
	struct scratch_limits limits;
	struct secret_pool *pool;
	struct scratch_file **list;
	size_t count;
	uint64_t total;
	struct scratch_watch watch;
};

static uint64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int scratch_new(const struct scratch_limits *limits, struct secret_pool *pool, struct scratch **ret)
{
	struct scratch *scratch = calloc(1, sizeof *scratch);

	if (!scratch)
		return -ENOMEM;
	scratch->limits = *limits;
	scratch->pool = pool;
	*ret = scratch;
	return 0;
}

static void tell(const struct scratch *scratch, const struct scratch_file *file, size_t from,
		 size_t to)
{
	if (scratch->watch.changed)
		scratch->watch.changed(scratch->watch.context, file, from, to);
}

static struct scratch_file *file_free(struct scratch_file *file)
{
	if (file) {
		free(file->name);
		secret_free(file->bytes);
		free(file);
	}
	return NULL;
}
DEFINE_CLEANUP(struct scratch_file, file_free);

struct scratch *scratch_free(struct scratch *scratch)
{
	if (scratch) {
		for (size_t i = 0; i < scratch->count; i++)
			file_free(scratch->list[i]);
		free(scratch->list);
		free(scratch);
	}
	return NULL;
}

static bool is_in(const struct scratch_file *file, const struct node *directory, uid_t uid)
{
	return !file->removed && file->uid == uid && node_equal(&file->directory, directory);
}

struct scratch_file *scratch_find(const struct scratch *scratch, const struct node *directory,
				  uid_t uid, const char *name)
{
	for (size_t i = 0; i < scratch->count; i++) {
		struct scratch_file *file = scratch->list[i];

		if (is_in(file, directory, uid) && strcmp(file->name, name) == 0)
			return file;
	}
	return NULL;
}

struct scratch_file *scratch_get(const struct scratch *scratch, struct record_id id)
{
	for (size_t i = 0; i < scratch->count; i++) {
		if (record_id_equal(scratch->list[i]->node.id, id))
			return scratch->list[i];
	}
	return NULL;
}

/* What a user may have in one directory, and in all. */
static bool may_make(const struct scratch *scratch, const struct scratch_making *making)
{
	size_t here = 0;
	size_t everywhere = 0;

	for (size_t i = 0; i < scratch->count; i++) {
		const struct scratch_file *file = scratch->list[i];

		here += is_in(file, making->directory, making->uid);
		everywhere += file->uid == making->uid;
	}
	return here < scratch->limits.files && everywhere < 16 * (size_t)scratch->limits.files;
}

static uint64_t used_by(const struct scratch *scratch, uid_t uid)
{
	uint64_t used = 0;

	for (size_t i = 0; i < scratch->count; i++) {
		if (scratch->list[i]->uid == uid)
			used += secret_size(scratch->list[i]->bytes);
	}
	return used;
}

static int make_room(const struct scratch *scratch, const struct scratch_file *file, uint64_t size)
{
	const uint64_t now_used = secret_size(file->bytes);
	const uint64_t more = size > now_used ? size - now_used : 0;
	const uint64_t share = scratch->limits.total / (file->uid ? SHARES : 1);

	if (size > scratch->limits.file)
		return -EFBIG;
	if (more && (scratch->total + more > scratch->limits.total ||
		     used_by(scratch, file->uid) + more > share))
		return -ENOSPC;
	return 0;
}

/* What is cut off is given back, not kept as room. */
static int cut(const struct scratch *scratch, struct scratch_file *file, uint64_t size)
{
	struct secret *shorter = NULL;
	int r = secret_copy(scratch->pool, secret_view(file->bytes), size, &shorter);

	if (r < 0)
		return r;
	secret_free(file->bytes);
	file->bytes = shorter;
	return 0;
}

int scratch_resize(struct scratch *scratch, struct scratch_file *file, uint64_t size)
{
	const uint64_t before = secret_size(file->bytes);
	int r = make_room(scratch, file, size);

	if (r == 0)
		r = size < before ? cut(scratch, file, size) : secret_resize(file->bytes, size);
	if (r < 0)
		return r == -ENOMEM ? -ENOSPC : r;
	scratch->total = scratch->total - before + size;
	file->changed = now(CLOCK_REALTIME);
	tell(scratch, file, before < size ? before : size, size);
	return 0;
}

int scratch_write(struct scratch *scratch, struct scratch_file *file, uint64_t offset,
		  const struct scratch_bytes *bytes)
{
	const uint64_t before = secret_size(file->bytes);
	uint64_t end;
	int r = 0;

	if (__builtin_add_overflow(offset, bytes->size, &end))
		return -EFBIG;
	if (end > before)
		r = scratch_resize(scratch, file, end);
	if (r < 0)
		return r;
	if (bytes->size)
		memcpy(secret_bytes(file->bytes) + offset, bytes->bytes, bytes->size);
	file->changed = now(CLOCK_REALTIME);
	tell(scratch, file, offset, end);
	return 0;
}

static int reserve(struct scratch *scratch)
{
	struct scratch_file **list = reallocarray(scratch->list, scratch->count + 1, sizeof *list);

	if (!list)
		return -ENOMEM;
	scratch->list = list;
	return 0;
}

int scratch_make(struct scratch *scratch, const struct scratch_making *making,
		 struct scratch_file **ret)
{
	const size_t length = making->target ? strlen(making->target) : 0;
	CLEANUP(file_freep) struct scratch_file *file = NULL;
	int r;

	if (scratch_find(scratch, making->directory, making->uid, making->name))
		return -EEXIST;
	if (!may_make(scratch, making))
		return -ENOSPC;
	file = calloc(1, sizeof *file);
	if (!file)
		return -ENOMEM;
	file->node = (struct node){making->target ? NODE_SCRATCH_LINK : NODE_SCRATCH,
				   making->directory->pin, record_id_new(), 0};
	file->directory = *making->directory;
	file->uid = making->uid;
	file->gid = making->gid;
	file->mode = 0600;
	file->changed = now(CLOCK_REALTIME);
	file->closed = now(CLOCK_MONOTONIC);
	file->name = strdup(making->name);
	r = file->name ? reserve(scratch) : -ENOMEM;
	if (r == 0)
		r = secret_copy(scratch->pool, making->target ? making->target : "", length,
				&file->bytes);
	if (r < 0)
		return r == -ENOMEM ? -ENOSPC : r;
	scratch->total += length;
	tell(scratch, file, 0, length);
	*ret = file;
	scratch->list[scratch->count++] = TAKE_PTR(file);
	return 0;
}

void scratch_opened(struct scratch_file *file)
{
	file->handles++;
}

static void drop(struct scratch *scratch, struct scratch_file *file)
{
	size_t i = 0;

	if (scratch->watch.gone)
		scratch->watch.gone(scratch->watch.context, file);
	while (scratch->list[i] != file)
		i++;
	scratch->list[i] = scratch->list[--scratch->count];
	scratch->total -= secret_size(file->bytes);
	file_free(file);
}

void scratch_closed(struct scratch *scratch, struct scratch_file *file)
{
	file->handles--;
	file->closed = now(CLOCK_MONOTONIC);
	if (file->removed && !file->handles)
		drop(scratch, file);
	else
		tell(scratch, file, 0, 0);
}

void scratch_remove(struct scratch *scratch, struct scratch_file *file)
{
	file->removed = true;
	if (!file->handles)
		drop(scratch, file);
	else
		tell(scratch, file, 0, 0);
}

int scratch_rename(struct scratch *scratch, struct scratch_file *file, const char *name)
{
	struct scratch_file *there = scratch_find(scratch, &file->directory, file->uid, name);
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	if (there && there != file)
		scratch_remove(scratch, there);
	free(file->name);
	file->name = copy;
	tell(scratch, file, 0, 0);
	return 0;
}

void scratch_touched(struct scratch *scratch, struct scratch_file *file)
{
	tell(scratch, file, 0, 0);
}

void scratch_watch(struct scratch *scratch, const struct scratch_watch *watch)
{
	scratch->watch = *watch;
}

void scratch_each(const struct scratch *scratch,
		  void (*each)(void *context, const struct scratch_file *file), void *context)
{
	for (size_t i = 0; i < scratch->count; i++)
		each(context, scratch->list[i]);
}

int scratch_restore(struct scratch *scratch, const struct scratch_file *model)
{
	CLEANUP(file_freep) struct scratch_file *file = calloc(1, sizeof *file);
	int r;

	if (!file)
		return -ENOMEM;
	*file = *model;
	file->handles = 0;
	file->bytes = NULL;
	file->name = strdup(model->name);
	r = file->name ? reserve(scratch) : -ENOMEM;
	if (r == 0)
		r = secret_new(scratch->pool, 0, &file->bytes);
	if (r == 0)
		scratch->list[scratch->count++] = TAKE_PTR(file);
	return r;
}

int scratch_restore_bytes(struct scratch *scratch, struct scratch_file *file, uint64_t offset,
			  const struct scratch_bytes *bytes, uint64_t size)
{
	const uint64_t before = secret_size(file->bytes);
	int r = offset > size || bytes->size > size - offset ? -EBADMSG : 0;

	if (r == 0)
		r = secret_resize(file->bytes, size);
	if (r < 0)
		return r;
	if (bytes->size)
		memcpy(secret_bytes(file->bytes) + offset, bytes->bytes, bytes->size);
	scratch->total = scratch->total - before + size;
	return 0;
}

void scratch_settle(struct scratch *scratch)
{
	for (size_t i = scratch->count; i > 0; i--) {
		struct scratch_file *file = scratch->list[i - 1];

		if (file->removed && !file->handles)
			drop(scratch, file);
	}
}

void scratch_remove_all(struct scratch *scratch, const struct node *directory)
{
	for (size_t i = scratch->count; i > 0; i--) {
		struct scratch_file *file = scratch->list[i - 1];

		if (!file->removed && node_equal(&file->directory, directory))
			scratch_remove(scratch, file);
	}
}

const struct scratch_file *scratch_next(const struct scratch *scratch, const struct node *directory,
					uid_t uid, size_t *cursor)
{
	while (*cursor < scratch->count) {
		const struct scratch_file *file = scratch->list[(*cursor)++];

		if (is_in(file, directory, uid))
			return file;
	}
	return NULL;
}

static uint64_t lifetime(const struct scratch *scratch, const struct scratch_file *file)
{
	const bool backup = fnmatch("*.bak", file->name, 0) == 0 ||
			    fnmatch("*.new", file->name, 0) == 0;

	return (uint64_t)(backup ? scratch->limits.backup : scratch->limits.expire) * 1000000000u;
}

size_t scratch_expire(struct scratch *scratch, uint64_t time)
{
	size_t gone = 0;

	for (size_t i = scratch->count; i > 0; i--) {
		struct scratch_file *file = scratch->list[i - 1];

		if (file->handles || time < file->closed ||
		    time - file->closed < lifetime(scratch, file))
			continue;
		drop(scratch, file);
		gone++;
	}
	return gone;
}
