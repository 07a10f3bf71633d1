#include "fs/state.h"

#include <string.h>

#include "fs/crash.h"
#include "fs/seen.h"

struct state {
	struct tree *tree;
	struct handles *handles;
	struct journal *journal;
	struct state_key *key;
	struct seen seen;
	bool holds; /* the journal is still to be read by the next, if this worker dies now */
};

int state_new(struct tree *tree, struct handles *handles, struct journal *journal,
	      struct state_key *key, struct state **ret)
{
	struct state *state = calloc(1, sizeof *state);

	if (!state)
		return -ENOMEM;
	state->tree = tree;
	state->handles = handles;
	state->journal = journal;
	state->key = key;
	*ret = state;
	return 0;
}

static void append_with(struct state *state, enum event_kind kind, const void *event, size_t size,
			struct journal_tail tail)
{
	journal_append(state->journal, kind, event, size, tail);
}

static void append(struct state *state, enum event_kind kind, const void *event, size_t size)
{
	append_with(state, kind, event, size, NO_TAIL);
}

static void put_sealed(struct state *state, enum event_kind kind, const void *event, size_t size,
		       struct journal_tail tail)
{
	uint8_t *record = journal_put(state->journal, kind, size + tail.size + STATE_KEY_SEAL_SIZE);

	if (!record)
		return;
	memcpy(record, event, size);
	state_key_seal(state->key, tail.bytes, tail.size, record + size);
}

/* What is watched */

static void inode_changed(void *context, const struct inode *inode)
{
	const struct event_inode event = {inode->number, inode->lookups,
					  event_node_of(&inode->node)};

	append(context, EVENT_INODE, &event, sizeof event);
}

static void handle_changed(void *context, const struct event_handle *event, const gid_t *groups,
			   const struct secret *bytes)
{
	struct event_handle_bytes sealed = {.number = event->number};

	append_with(context, EVENT_HANDLE, event, sizeof *event,
		    (struct journal_tail){groups, event->groups * sizeof *groups});
	if (!bytes)
		return;
	sealed.size = secret_size(bytes);
	put_sealed(context, EVENT_HANDLE_BYTES, &sealed, sizeof sealed,
		   (struct journal_tail){secret_view(bytes), secret_size(bytes)});
}

static void handle_gone(void *context, uint64_t number)
{
	const struct event_number event = {number};

	append(context, EVENT_HANDLE_GONE, &event, sizeof event);
}

static void scratch_changed(void *context, const struct scratch_file *file, size_t from, size_t to)
{
	const struct event_scratch event = {
		.node = event_node_of(&file->node),
		.directory = event_node_of(&file->directory),
		.uid = file->uid,
		.gid = file->gid,
		.mode = file->mode,
		.removed = file->removed,
		.changed = file->changed,
		.closed = file->closed,
	};
	const struct event_scratch_bytes sealed = {file->node.id, from, secret_size(file->bytes)};

	append_with(context, EVENT_SCRATCH, &event, sizeof event,
		    (struct journal_tail){file->name, strlen(file->name)});
	put_sealed(context, EVENT_SCRATCH_BYTES, &sealed, sizeof sealed,
		   (struct journal_tail){secret_view(file->bytes) + from, to - from});
}

static void scratch_gone(void *context, const struct scratch_file *file)
{
	const struct event_id event = {file->node.id};

	append(context, EVENT_SCRATCH_GONE, &event, sizeof event);
}

static void whole_scratch(void *context, const struct scratch_file *file)
{
	scratch_changed(context, file, 0, secret_size(file->bytes));
}

/* All of it, into an empty journal. */
static void put_all(struct state *state)
{
	seen_forget(&state->seen);
	journal_restart(state->journal);
	inodes_all(state->tree->inodes, inode_changed, state);
	scratch_each(state->tree->scratch, whole_scratch, state);
	handles_tell_all(state->handles);
	seen_compare(&state->seen, state->tree, state->journal);
	crash_at("written-anew");
	journal_publish(state->journal);
}

void state_begin(struct state *state, bool restored)
{
	const struct handles_watch handles = {handle_changed, handle_gone, state};
	const struct scratch_watch scratch = {scratch_changed, scratch_gone, state};

	inodes_watch(state->tree->inodes, inode_changed, state);
	scratch_watch(state->tree->scratch, &scratch);
	handles_watch(state->handles, state->tree, &handles);
	state->holds = restored;
	seen_forget(&state->seen);
	if (!restored)
		put_all(state);
}

struct state *state_free(struct state *state)
{
	if (!state)
		return NULL;
	inodes_watch(state->tree->inodes, NULL, NULL);
	scratch_watch(state->tree->scratch, &(const struct scratch_watch){0});
	handles_watch(state->handles, state->tree, &(const struct handles_watch){0});
	seen_done(&state->seen);
	free(state);
	return NULL;
}

void state_publish(struct state *state)
{
	seen_compare(&state->seen, state->tree, state->journal);
	/* Written anew it holds no answer. What is sent again comes before any other request. */
	if (journal_is_long(state->journal) && !state->holds)
		put_all(state);
	else if (journal_is_open(state->journal))
		journal_publish(state->journal);
}

static void put_intent(struct state *state, const struct event_intent *event)
{
	/* A value that can be put back is known before it goes. */
	seen_compare(&state->seen, state->tree, state->journal);
	append(state, EVENT_INTENT, event, sizeof *event);
	journal_publish(state->journal);
}

void state_intend(struct state *state, uint64_t unique, size_t pin, uint64_t time)
{
	struct event_intent event = {.unique = unique, .pin = pin, .time = time};
	struct org *org = pin == NO_PIN ? NULL : store_org_loaded(state->tree->store, pin);

	if (org)
		event.generation = org_generation(org);
	if (unique)
		put_intent(state, &event);
	crash_at("intended");
}

void state_withdraw(struct state *state, uint64_t unique, size_t pin)
{
	/* A generation that no organisation comes to be above. */
	const struct event_intent event = {unique, pin, UINT64_MAX, 0};

	if (unique)
		put_intent(state, &event);
}

static void put_answer(struct state *state, uint64_t unique, const struct iovec *parts, int count)
{
	const struct event_answer event = {unique};
	size_t size = 0;
	uint8_t *at;

	for (int i = 0; i < count; i++)
		size += parts[i].iov_len;
	if (size > SHARED_MESSAGE_MAX)
		return;
	at = journal_put(state->journal, EVENT_ANSWER, sizeof event + size);
	if (!at)
		return;
	memcpy(at, &event, sizeof event);
	at += sizeof event;
	for (int i = 0; i < count; i++) {
		if (parts[i].iov_len)
			memcpy(at, parts[i].iov_base, parts[i].iov_len);
		at += parts[i].iov_len;
	}
}

void state_answer(struct state *state, uint64_t unique, const struct iovec *parts, int count,
		  bool plain)
{
	seen_compare(&state->seen, state->tree, state->journal);
	if (!journal_is_open(state->journal))
		return;
	if (!plain)
		put_answer(state, unique, parts, count);
	crash_at("unpublished");
	journal_publish(state->journal);
}

void state_go_on(struct state *state)
{
	state->holds = false;
}

void state_forget(struct state *state, uint64_t directory, const char *name)
{
	const struct event_forget event = {directory};

	append_with(state, EVENT_FORGET, &event, sizeof event,
		    (struct journal_tail){name, strlen(name)});
}
