#include "fs/state.h"

#include <string.h>

/* What the journal was told last of what is compared, not watched. */
struct seen {
	struct vacancies vacancies;
	struct tombstones tombstones;
	uint64_t pendings;
	uint64_t org_changes;
	struct tree_org *orgs;
	size_t org_count;
};

struct state {
	struct tree *tree;
	struct handles *handles;
	struct journal *journal;
	const struct state_key *key;
	struct seen seen;
	bool holds; /* the journal is still to be read by the next, if this worker dies now */
};

int state_new(struct tree *tree, struct handles *handles, struct journal *journal,
	      const struct state_key *key, struct state **ret)
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

static void put(struct state *state, enum event_kind kind, const void *event, size_t size)
{
	uint8_t *record = journal_put(state->journal, kind, size);

	if (record)
		memcpy(record, event, size);
}

struct tail {
	const void *bytes;
	size_t size;
};

static void put_with(struct state *state, enum event_kind kind, const void *event, size_t size,
		     struct tail tail)
{
	uint8_t *record = journal_put(state->journal, kind, size + tail.size);

	if (!record)
		return;
	memcpy(record, event, size);
	if (tail.size)
		memcpy(record + size, tail.bytes, tail.size);
}

static void put_sealed(struct state *state, enum event_kind kind, const void *event, size_t size,
		       struct tail tail)
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

	put(context, EVENT_INODE, &event, sizeof event);
}

static void handle_changed(void *context, const struct event_handle *event, const gid_t *groups,
			   const struct secret *bytes)
{
	struct event_handle_bytes sealed = {.number = event->number};

	put_with(context, EVENT_HANDLE, event, sizeof *event,
		 (struct tail){groups, event->groups * sizeof *groups});
	if (!bytes)
		return;
	sealed.size = secret_size(bytes);
	put_sealed(context, EVENT_HANDLE_BYTES, &sealed, sizeof sealed,
		   (struct tail){secret_view(bytes), secret_size(bytes)});
}

static void handle_gone(void *context, uint64_t number)
{
	const struct event_number event = {number};

	put(context, EVENT_HANDLE_GONE, &event, sizeof event);
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

	put_with(context, EVENT_SCRATCH, &event, sizeof event,
		 (struct tail){file->name, strlen(file->name)});
	put_sealed(context, EVENT_SCRATCH_BYTES, &sealed, sizeof sealed,
		   (struct tail){secret_view(file->bytes) + from, to - from});
}

static void scratch_gone(void *context, const struct scratch_file *file)
{
	const struct event_id event = {file->node.id};

	put(context, EVENT_SCRATCH_GONE, &event, sizeof event);
}

static void whole_scratch(void *context, const struct scratch_file *file)
{
	scratch_changed(context, file, 0, secret_size(file->bytes));
}

/* What is compared */

static void put_pending(void *context, const struct pending *pending)
{
	const struct event_pending event = {
		.pin = pending->pin,
		.id = pending->id,
		.parent = pending->parent,
		.target = pending->target,
		.maker = pending->maker,
		.made = pending->made,
	};

	put_with(context, EVENT_PENDING, &event, sizeof event,
		 (struct tail){pending->name, strlen(pending->name)});
}

static void count_pending(void *context, const struct pending *pending)
{
	struct event_number *event = context;

	(void)pending;
	event->number++;
}

static void compare_pendings(struct state *state)
{
	const uint64_t changes = pendings_changes(state->tree->pendings);
	struct event_number event = {0};

	if (changes == state->seen.pendings)
		return;
	state->seen.pendings = changes;
	pendings_each(state->tree->pendings, count_pending, &event);
	put(state, EVENT_PENDINGS, &event, sizeof event);
	pendings_each(state->tree->pendings, put_pending, state);
}

static bool vacancy_is_same(const struct vacancy *a, const struct vacancy *b)
{
	return a->since == b->since && a->taken == b->taken && a->uid == b->uid &&
	       a->pid == b->pid && node_equal(&a->account, &b->account);
}

static void put_vacancy(struct state *state, size_t place, const struct vacancy *vacancy)
{
	struct event_vacancy event = {
		.place = place,
		.account = event_node_of(&vacancy->account),
		.uid = vacancy->uid,
		.pid = (uint32_t)vacancy->pid,
		.since = vacancy->since,
		.taken = vacancy->taken,
	};

	_Static_assert(sizeof event.provider == sizeof vacancy->provider, "a copy");
	memcpy(event.provider, vacancy->provider, sizeof event.provider);
	put(state, EVENT_VACANCY, &event, sizeof event);
}

static void compare_vacancies(struct state *state)
{
	const struct vacancies *now = &state->tree->vacancies;
	struct vacancies *seen = &state->seen.vacancies;

	if (now->changes == seen->changes)
		return;
	for (size_t i = 0; i < VACANCIES; i++) {
		if (!vacancy_is_same(&now->list[i], &seen->list[i]))
			put_vacancy(state, i, &now->list[i]);
	}
	*seen = *now;
}

static void put_tombstone(struct state *state, size_t place, const struct tombstone *tombstone)
{
	const struct event_tombstone event = {
		.place = place,
		.pin = tombstone->pin,
		.field = tombstone->field,
		.uid = tombstone->uid,
		.version = tombstone->version,
		.size = tombstone->size,
		.updated = tombstone->updated,
		.removed = tombstone->removed,
	};

	put(state, EVENT_TOMBSTONE, &event, sizeof event);
}

static void compare_tombstones(struct state *state)
{
	const struct tombstones *now = &state->tree->tombstones;
	struct tombstones *seen = &state->seen.tombstones;

	if (now->changes == seen->changes)
		return;
	for (size_t i = 0; i < TOMBSTONES; i++) {
		const struct tombstone *one = &now->list[i];

		if (one->removed != seen->list[i].removed ||
		    !record_id_equal(one->field, seen->list[i].field))
			put_tombstone(state, i, one);
	}
	*seen = *now;
}

static bool org_is_same(const struct tree_org *a, const struct tree_org *b)
{
	return a->access_generation == b->access_generation &&
	       a->access_changed == b->access_changed && a->remover == b->remover &&
	       a->removed == b->removed;
}

static void put_org(struct state *state, size_t pin, const struct tree_org *org)
{
	const struct event_org event = {pin, org->access_generation, org->access_changed,
					(uint64_t)org->remover, org->removed};

	put(state, EVENT_ORG, &event, sizeof event);
}

static bool have_room_for_orgs(struct state *state)
{
	const size_t count = state->tree->org_count + 1;
	struct tree_org *orgs;

	if (state->seen.org_count >= count)
		return true;
	orgs = reallocarray(state->seen.orgs, count, sizeof *orgs);
	if (!orgs)
		return false;
	memset(orgs + state->seen.org_count, 0, (count - state->seen.org_count) * sizeof *orgs);
	state->seen.orgs = orgs;
	state->seen.org_count = count;
	return true;
}

/* The first is what lies in no organisation. */
static void compare_orgs(struct state *state)
{
	if (state->tree->org_changes == state->seen.org_changes || !have_room_for_orgs(state))
		return;
	state->seen.org_changes = state->tree->org_changes;
	for (size_t i = 0; i <= state->tree->org_count; i++) {
		const size_t pin = i ? i - 1 : NO_PIN;
		const struct tree_org *org = tree_org_state(state->tree, pin);

		if (org_is_same(org, &state->seen.orgs[i]))
			continue;
		put_org(state, pin, org);
		state->seen.orgs[i] = *org;
	}
}

static void compare(struct state *state)
{
	compare_pendings(state);
	compare_vacancies(state);
	compare_tombstones(state);
	compare_orgs(state);
}

/* Compare with nothing: all of it is told. */
static void forget_seen(struct state *state)
{
	struct seen *seen = &state->seen;

	memset(&seen->vacancies, 0, sizeof seen->vacancies);
	seen->vacancies.changes = UINT64_MAX;
	memset(&seen->tombstones, 0, sizeof seen->tombstones);
	seen->tombstones.changes = UINT64_MAX;
	seen->pendings = UINT64_MAX;
	seen->org_count = 0;
	seen->org_changes = UINT64_MAX;
}

/* All of it, into an empty journal. */
static void put_all(struct state *state)
{
	forget_seen(state);
	journal_restart(state->journal);
	inodes_all(state->tree->inodes, inode_changed, state);
	scratch_each(state->tree->scratch, whole_scratch, state);
	handles_tell_all(state->handles);
	compare(state);
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
	forget_seen(state);
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
	free(state->seen.orgs);
	free(state);
	return NULL;
}

void state_publish(struct state *state)
{
	compare(state);
	/* Written anew it holds no answer. What is sent again comes before any other request. */
	if (journal_is_long(state->journal) && !state->holds)
		put_all(state);
	else if (journal_is_open(state->journal))
		journal_publish(state->journal);
}

void state_intend(struct state *state, uint64_t unique, size_t pin)
{
	struct event_intent event = {.unique = unique, .pin = pin};
	struct org *org = pin == NO_PIN ? NULL : store_org_loaded(state->tree->store, pin);

	if (!unique)
		return;
	if (org)
		event.generation = org_generation(org);
	/* A value that can be put back is known before it goes. */
	compare(state);
	put(state, EVENT_INTENT, &event, sizeof event);
	journal_publish(state->journal);
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
	state->holds = false;
	compare(state);
	if (!journal_is_open(state->journal))
		return;
	if (!plain)
		put_answer(state, unique, parts, count);
	journal_publish(state->journal);
}

void state_forget(struct state *state, uint64_t directory, const char *name)
{
	const struct event_forget event = {directory};

	put_with(state, EVENT_FORGET, &event, sizeof event, (struct tail){name, strlen(name)});
}
