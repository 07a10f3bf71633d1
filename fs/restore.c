/*
 * Handles are put back last, in the order in which they were opened: they need the scratch files
 * and what is pending. Of each only the last event and the last bytes count, which stay in the
 * journal until then.
 */
#include "fs/restore.h"

#include "fs/revivals.h"

struct restoration {
	struct tree *tree;
	struct handles *handles;
	const struct state_key *key;
	struct restored *result;
	struct revivals revivals;
	int error;
};

/* The store may be another one now. */
static bool is_pinned(const struct restoration *self, size_t pin)
{
	return pin < pins_count(store_pins(self->tree->store));
}

static int read_inode(struct restoration *self, const uint8_t *bytes, size_t size)
{
	struct event_inode event;
	struct node node;
	int r;

	(void)size;
	memcpy(&event, bytes, sizeof event);
	if (!event.lookups) {
		inodes_forget(self->tree->inodes, event.number, UINT64_MAX);
		return 0;
	}
	r = event_node_get(&event.node, &node);
	/* Another configuration may have other nodes. */
	if (r < 0 || tree_inode_known(self->tree, &node) != event.number)
		return r;
	return inodes_restore(self->tree->inodes, event.number, &node, event.lookups);
}

static int read_handle(struct restoration *self, const uint8_t *bytes, size_t size)
{
	struct event_number event;
	struct revival *revival;

	(void)size;
	memcpy(&event, bytes, sizeof event);
	revival = revivals_add(&self->revivals, event.number);
	if (!revival)
		return -ENOMEM;
	revival->event = bytes;
	return 0;
}

static int read_handle_bytes(struct restoration *self, const uint8_t *bytes, size_t size)
{
	struct event_handle_bytes event;
	struct revival *revival;

	memcpy(&event, bytes, sizeof event);
	revival = revivals_find(&self->revivals, event.number);
	if (!revival)
		return -EBADMSG;
	revival->bytes = bytes + sizeof event;
	revival->bytes_size = size - sizeof event;
	return 0;
}

static int read_handle_gone(struct restoration *self, const uint8_t *bytes, size_t size)
{
	struct event_number event;

	(void)size;
	memcpy(&event, bytes, sizeof event);
	revivals_remove(&self->revivals, event.number);
	return 0;
}

static int read_scratch(struct restoration *self, const uint8_t *bytes, size_t size)
{
	struct scratch *scratch = self->tree->scratch;
	struct event_scratch event;
	struct scratch_file model = {0};
	struct scratch_file *file;
	CLEANUP_FREE char *name = NULL;
	int r;

	memcpy(&event, bytes, sizeof event);
	name = strndup((const char *)bytes + sizeof event, size - sizeof event);
	if (!name)
		return -ENOMEM;
	r = event_node_get(&event.node, &model.node);
	if (r == 0)
		r = event_node_get(&event.directory, &model.directory);
	if (r == 0 && !is_pinned(self, model.directory.pin))
		r = -EBADMSG;
	if (r < 0)
		return r;
	model.uid = event.uid;
	model.gid = event.gid;
	model.mode = event.mode;
	model.removed = event.removed;
	model.changed = event.changed;
	model.closed = event.closed;
	model.name = name;
	file = scratch_get(scratch, model.node.id);
	if (!file)
		return scratch_restore(scratch, &model);
	free(file->name);
	model.bytes = file->bytes;
	*file = model;
	name = NULL;
	return 0;
}

static int read_scratch_bytes(struct restoration *self, const uint8_t *bytes, size_t size)
{
	CLEANUP_SECRET struct secret *opened = NULL;
	struct event_scratch_bytes event;
	struct scratch_file *file;
	int r;

	memcpy(&event, bytes, sizeof event);
	file = scratch_get(self->tree->scratch, event.id);
	if (!file)
		return -EBADMSG;
	r = state_key_open(self->key, bytes + sizeof event, size - sizeof event, &opened);
	if (r < 0)
		return r;
	return scratch_restore_bytes(
		self->tree->scratch, file, event.offset,
		&(const struct scratch_bytes){secret_view(opened), secret_size(opened)},
		event.size);
}

static int read_scratch_gone(struct restoration *self, const uint8_t *bytes, size_t size)
{
	struct scratch_file *file;
	struct event_id event;

	(void)size;
	memcpy(&event, bytes, sizeof event);
	file = scratch_get(self->tree->scratch, event.id);
	if (file)
		scratch_remove(self->tree->scratch, file);
	return 0;
}

static int read_pendings(struct restoration *self, const uint8_t *bytes, size_t size)
{
	(void)bytes, (void)size;
	pendings_clear(self->tree->pendings);
	return 0;
}

static int read_pending(struct restoration *self, const uint8_t *bytes, size_t size)
{
	CLEANUP_FREE char *name = NULL;
	struct event_pending event;
	struct pending model;

	memcpy(&event, bytes, sizeof event);
	if (!is_pinned(self, event.pin))
		return -EBADMSG;
	name = strndup((const char *)bytes + sizeof event, size - sizeof event);
	if (!name)
		return -ENOMEM;
	model = (struct pending){
		.pin = event.pin,
		.id = event.id,
		.parent = event.parent,
		.target = event.target,
		.name = name,
		.maker = (uid_t)event.maker,
		.made = event.made,
	};
	return pendings_restore(self->tree->pendings, &model);
}

static int read_tombstone(struct restoration *self, const uint8_t *bytes, size_t size)
{
	struct event_tombstone event;

	(void)size;
	memcpy(&event, bytes, sizeof event);
	if (event.place >= TOMBSTONES || !is_pinned(self, event.pin))
		return event.removed ? -EBADMSG : 0;
	self->tree->tombstones.changes++;
	self->tree->tombstones.list[event.place] = (struct tombstone){
		.pin = event.pin,
		.field = event.field,
		.uid = (uid_t)event.uid,
		.version = event.version,
		.size = event.size,
		.updated = event.updated,
		.removed = event.removed,
	};
	return 0;
}

static int read_vacancy(struct restoration *self, const uint8_t *bytes, size_t size)
{
	struct vacancy *vacancy;
	struct event_vacancy event;
	int r;

	(void)size;
	memcpy(&event, bytes, sizeof event);
	if (event.place >= VACANCIES)
		return -EBADMSG;
	vacancy = &self->tree->vacancies.list[event.place];
	*vacancy = (struct vacancy){
		.uid = event.uid,
		.pid = (pid_t)event.pid,
		.since = event.since,
		.taken = event.taken,
	};
	r = event_node_get(&event.account, &vacancy->account);
	memcpy(vacancy->provider, event.provider, sizeof event.provider - 1);
	return r;
}

static int read_org(struct restoration *self, const uint8_t *bytes, size_t size)
{
	struct tree_org *org;
	struct event_org event;

	(void)size;
	memcpy(&event, bytes, sizeof event);
	/* There is one place more than are pinned. */
	if (event.pin != NO_PIN && event.pin >= self->tree->org_count)
		return 0;
	org = tree_org_state(self->tree, event.pin);
	org->access_generation = event.access_generation;
	org->access_changed = event.access_changed;
	org->remover = (pid_t)event.remover;
	org->removed = event.removed;
	return 0;
}

static int read_forget(struct restoration *self, const uint8_t *bytes, size_t size)
{
	struct restored *result = self->result;
	const size_t place = result->forget_count++ % RESTORE_FORGETS;
	const size_t length = size - sizeof(struct event_forget);

	memcpy(&result->forgets[place], bytes, sizeof(struct event_forget));
	memcpy(result->names[place], bytes + sizeof(struct event_forget), length);
	result->names[place][length] = '\0';
	return 0;
}

static int read_intent(struct restoration *self, const uint8_t *bytes, size_t size)
{
	struct event_intent event;

	(void)size;
	memcpy(&event, bytes, sizeof event);
	outstanding_intend(&self->result->outstanding, &event);
	return 0;
}

static int read_answer(struct restoration *self, const uint8_t *bytes, size_t size)
{
	struct event_answer event;

	memcpy(&event, bytes, sizeof event);
	outstanding_answer(&self->result->outstanding, event.unique, bytes + sizeof event,
			   size - sizeof event);
	return 0;
}

typedef int reader(struct restoration *self, const uint8_t *bytes, size_t size);

static reader *const readers[EVENT_KINDS] = {
	[EVENT_INODE] = read_inode,
	[EVENT_HANDLE] = read_handle,
	[EVENT_HANDLE_BYTES] = read_handle_bytes,
	[EVENT_HANDLE_GONE] = read_handle_gone,
	[EVENT_SCRATCH] = read_scratch,
	[EVENT_SCRATCH_BYTES] = read_scratch_bytes,
	[EVENT_SCRATCH_GONE] = read_scratch_gone,
	[EVENT_PENDINGS] = read_pendings,
	[EVENT_PENDING] = read_pending,
	[EVENT_TOMBSTONE] = read_tombstone,
	[EVENT_VACANCY] = read_vacancy,
	[EVENT_ORG] = read_org,
	[EVENT_FORGET] = read_forget,
	[EVENT_INTENT] = read_intent,
	[EVENT_ANSWER] = read_answer,
};

static int check_event(void *context, unsigned kind, const uint8_t *bytes, size_t size)
{
	(void)context;
	return event_is_whole(kind, bytes, size) ? 0 : -EBADMSG;
}

static int read_event(void *context, unsigned kind, const uint8_t *bytes, size_t size)
{
	return readers[kind](context, bytes, size);
}

static int revive(struct restoration *self, const struct revival *revival)
{
	const uint8_t *groups = revival->event + sizeof(struct event_handle);
	struct event_handle event;
	struct secret *bytes = NULL;
	struct pending *pending;
	int r = 0;

	memcpy(&event, revival->event, sizeof event);
	if (revival->bytes)
		r = state_key_open(self->key, revival->bytes, revival->bytes_size, &bytes);
	if (r == 0)
		r = handles_restore(self->handles, self->tree, &event, (const gid_t *)groups,
				    bytes);
	if (r < 0)
		return r;
	pending = event.flags & EVENT_WRITES ? pendings_get(self->tree->pendings, event.node.id)
					     : NULL;
	if (pending)
		pending->users++;
	return 0;
}

static void revive_one(void *context, const struct revival *revival)
{
	struct restoration *self = context;
	int r = revive(self, revival);

	if (r == 0)
		self->result->handles++;
	else
		self->result->lost++;
	if (r == -EPERM)
		self->error = r;
}

int restore(struct tree *tree, struct handles *handles, const struct journal *journal,
	    const struct state_key *key, struct restored *ret)
{
	struct restoration self = {.tree = tree, .handles = handles, .key = key, .result = ret};
	int r = journal_replay(journal, check_event, NULL);

	if (r == 0)
		r = journal_replay(journal, read_event, &self);
	if (r == 0)
		revivals_each(&self.revivals, revive_one, &self);
	revivals_done(&self.revivals);
	handles_settle_all(handles);
	pendings_settle_all(tree->pendings);
	scratch_settle(tree->scratch);
	return r < 0 ? r : self.error;
}
