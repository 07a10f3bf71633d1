#include "fs/handles.h"

#include <sys/queue.h>

#include "fs/share.h"
#include "fs/slots.h"

/* A handle, and what its opener's share was charged for it. */
struct opened {
	LIST_ENTRY(opened) of_all;
	TAILQ_ENTRY(opened) next;
	struct handle *handle;
	uint64_t charge;
};

struct handles {
	struct slots *slots;
	struct shares *shares;
	LIST_HEAD(, opened) all;
	TAILQ_HEAD(, opened) writers; /* those with a draft, the newest first */
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
	return 0;
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
}
