#include "fs/handles.h"

#include <string.h>
#include <sys/queue.h>

#include "fs/share.h"
#include "fs/slots.h"

/* A handle, and what its opener's share was charged for it. */
struct opened {
	LIST_ENTRY(opened) of_all;
	TAILQ_ENTRY(opened) next;
	struct handle *handle;
	uint64_t charge;
	struct event_handle told; /* what was told of it last */
	uint64_t revision;	  /* of its bytes, then */
};

struct handles {
	struct slots *slots;
	struct shares *shares;
	LIST_HEAD(, opened) all;
	TAILQ_HEAD(, opened) writers; /* those with a draft, the newest first */
	struct tree *tree;
	struct handles_watch watch;
};

int handles_new(uint64_t memory, struct handles **ret)
{
	CLEANUP(handles_freep) struct handles *handles = calloc(1, sizeof *handles);
	int r;

	if (!handles)
		return -ENOMEM;
	LIST_INIT(&handles->all);
	TAILQ_INIT(&handles->writers);
	r = slots_new(&handles->slots);
	if (r == 0)
		r = shares_new(memory, &handles->shares);
	if (r == 0)
		*ret = TAKE_PTR(handles);
	return r;
}

struct handles *handles_free(struct handles *handles)
{
	struct opened *opened;

	if (!handles)
		return NULL;
	while (handles->slots && (opened = slots_take_any(handles->slots))) {
		handle_free(opened->handle);
		free(opened);
	}
	slots_free(handles->slots);
	shares_free(handles->shares);
	free(handles);
	return NULL;
}

struct handle *handles_get(struct handles *handles, uint64_t number)
{
	struct opened *opened = slots_get(handles->slots, number);

	return opened ? opened->handle : NULL;
}

/* Charge the opener for what the handle holds now. */
static int charge(struct handles *handles, struct opened *opened)
{
	const uid_t uid = handle_uid(opened->handle);
	const uint64_t size = handle_size(opened->handle);
	int r = 0;

	if (size > opened->charge)
		r = shares_take(handles->shares, uid, size - opened->charge);
	else
		shares_give(handles->shares, uid, opened->charge - size);
	if (r == 0)
		opened->charge = size;
	return r;
}

void handles_watch(struct handles *handles, struct tree *tree, const struct handles_watch *watch)
{
	handles->tree = tree;
	handles->watch = *watch;
}

static void tell(struct handles *handles, struct opened *opened, uint64_t number, bool whole)
{
	const uint64_t revision = handle_revision(opened->handle);
	const bool bytes = whole || revision != opened->revision;
	struct event_handle event;

	if (!handles->watch.changed)
		return;
	handle_describe(handles->tree, opened->handle, number, &opened->told, &event);
	if (!bytes && memcmp(&event, &opened->told, sizeof event) == 0)
		return;
	handles->watch.changed(handles->watch.context, &event, handle_groups(opened->handle),
			       bytes ? handle_bytes_of(opened->handle) : NULL);
	opened->told = event;
	opened->revision = revision;
}

void handles_changed(struct handles *handles, uint64_t number)
{
	struct opened *opened = slots_get(handles->slots, number);

	if (opened)
		tell(handles, opened, number, false);
}

void handles_draft_changed(struct handles *handles, const struct draft *draft)
{
	struct opened *opened;

	TAILQ_FOREACH(opened, &handles->writers, next)
	{
		if (handle_draft(opened->handle) == draft)
			tell(handles, opened, opened->told.number, false);
	}
}

static void tell_one(void *context, void *thing, uint64_t number)
{
	tell(context, thing, number, true);
}

void handles_tell_all(struct handles *handles)
{
	slots_each(handles->slots, tell_one, handles);
}

static int add(struct handles *handles, struct handle *handle, uint64_t unique,
	       uint64_t *ret_number)
{
	struct opened *opened = calloc(1, sizeof *opened);
	int r;

	if (!opened)
		return -ENOMEM;
	opened->handle = handle;
	r = charge(handles, opened);
	if (r == 0)
		r = slots_put(handles->slots, opened, unique, ret_number);
	if (r < 0) {
		shares_give(handles->shares, handle_uid(handle), opened->charge);
		free(opened);
		return r;
	}
	LIST_INSERT_HEAD(&handles->all, opened, of_all);
	if (handle_draft(handle))
		TAILQ_INSERT_HEAD(&handles->writers, opened, next);
	tell(handles, opened, *ret_number, true);
	return 0;
}

int handles_restore(struct handles *handles, struct tree *tree, const struct event_handle *event,
		    const gid_t *groups, struct secret *bytes)
{
	CLEANUP_FREE struct opened *opened = calloc(1, sizeof *opened);
	struct handle *handle = NULL;
	int r;

	if (!opened) {
		secret_free(bytes);
		return -ENOMEM;
	}
	r = handle_revive(tree, event, groups, bytes, &handle);
	if (r < 0)
		return r;
	opened->handle = handle;
	opened->told = *event;
	opened->revision = handle_revision(handle);
	r = slots_restore(handles->slots, opened, event->number);
	if (r < 0) {
		handle_free(handle);
		return r;
	}
	LIST_INSERT_HEAD(&handles->all, opened, of_all);
	if (handle_draft(handle))
		TAILQ_INSERT_HEAD(&handles->writers, opened, next);
	/* It was granted before. */
	(void)!charge(handles, opened);
	(void)TAKE_PTR(opened);
	return 0;
}

struct waking {
	void (*wake)(void *context, uint64_t poll);
	void *context;
};

static void wake_one(void *context, void *thing, uint64_t number)
{
	const struct waking *waking = context;
	const struct opened *opened = thing;

	(void)number;
	if (opened->told.poll)
		waking->wake(waking->context, opened->told.poll);
}

void handles_wake(struct handles *handles, void (*wake)(void *context, uint64_t poll),
		  void *context)
{
	struct waking waking = {wake, context};

	slots_each(handles->slots, wake_one, &waking);
}

void handles_settle_all(struct handles *handles)
{
	slots_settle(handles->slots);
}

/* Opened, but not to be had: what the opening did is undone. */
static int add_or_release(struct handles *handles, const struct handle_open *open,
			  struct handle *handle, uint64_t *ret_number)
{
	int r = add(handles, handle, open->unique, ret_number);

	if (r < 0)
		handle_release(open->tree, handle);
	return r;
}

int handles_open(struct handles *handles, const struct handle_open *open, uint64_t *ret_number)
{
	struct handle *handle = NULL;
	int r = handle_new(open, &handle);

	return r < 0 ? r : add_or_release(handles, open, handle, ret_number);
}

int handles_open_directory(struct handles *handles, const struct handle_open *open,
			   uint64_t *ret_number)
{
	struct handle *handle = NULL;
	int r = handle_new_directory(open, &handle);

	return r < 0 ? r : add_or_release(handles, open, handle, ret_number);
}

struct draft *handles_just_opened(struct handles *handles, const struct node *node,
				  const struct caller *caller)
{
	struct opened *opened;

	TAILQ_FOREACH(opened, &handles->writers, next)
	{
		struct draft *draft = handle_draft(opened->handle);

		if (draft->writer->pid == caller->pid && draft->writer->uid == caller->uid &&
		    node_equal(draft->node, node))
			return draft_is_untouched(draft) ? draft : NULL;
	}
	return NULL;
}

bool handles_are_written(const struct handles *handles, uint64_t since)
{
	const struct opened *opened;

	TAILQ_FOREACH(opened, &handles->writers, next)
	{
		const struct draft *draft = handle_draft(opened->handle);

		if (!draft->waiting && draft->touched >= since &&
		    (draft->written || !draft->published))
			return true;
	}
	return false;
}

int handles_share(struct handles *handles, struct tree *tree, uint64_t number)
{
	const struct handle *reader = handles_get(handles, number);
	struct opened *opened;
	int r = reader ? 0 : -EBADF;

	LIST_FOREACH(opened, &handles->all, of_all)
	{
		if (r == 0)
			r = handle_share(tree, reader, opened->handle);
	}
	return r;
}

int handles_settle(struct handles *handles, uint64_t number)
{
	struct opened *opened = slots_get(handles->slots, number);
	int r = opened ? charge(handles, opened) : 0;

	if (r < 0) {
		handle_empty(opened->handle, r);
		(void)!charge(handles, opened);
	}
	if (opened)
		tell(handles, opened, number, false);
	return r;
}

void handles_close(struct handles *handles, struct tree *tree, uint64_t number)
{
	struct opened *opened = slots_take(handles->slots, number);

	if (!opened)
		return;
	LIST_REMOVE(opened, of_all);
	if (handle_draft(opened->handle))
		TAILQ_REMOVE(&handles->writers, opened, next);
	shares_give(handles->shares, handle_uid(opened->handle), opened->charge);
	handle_release(tree, opened->handle);
	free(opened);
	if (handles->watch.gone)
		handles->watch.gone(handles->watch.context, number);
}
