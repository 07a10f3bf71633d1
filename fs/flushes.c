/*
 * While a commit waits for the disk, whoever else writes gets no further than his next request, and
 * there are several to each save. So those who have begun to write are waited for, as long as the
 * last commit took: if they come, one wait for the disk serves all; if none does, a save has taken
 * twice as long as it might, and the next one waits for those only who have written since.
 */
#include "fs/flushes.h"

#include <poll.h>

#include "fs/request.h"

static const uint64_t patience_max = UINT64_C(2000000);
static const uint64_t recent_ns = UINT64_C(1000000);

/* Requests that are taken before it is asked whether anybody is waited for. */
enum { TAKEN_MAX = 16 };

bool flushes_put(struct session *session, const struct flush *flush, struct draft *draft)
{
	struct flushes *flushes = &session->flushes;

	if (flushes->count == BATCH_MAX || draft->waiting || !draft_may_wait(draft))
		return false;
	draft->waiting = true;
	flushes->list[flushes->count++] = *flush;
	return true;
}

static bool is_expecting(struct session *session, uint64_t now)
{
	const uint64_t window = recent_ns + session->flushes.patience;
	bool expecting;

	pthread_mutex_lock(&session->lock);
	expecting = handles_are_written(session->handles, now > window ? now - window : 0);
	pthread_mutex_unlock(&session->lock);
	return expecting;
}

/* Wait for another request for so many nanoseconds. */
static bool await(const struct session *session, uint64_t ns)
{
	struct pollfd device = {.fd = session->connection.device, .events = POLLIN};
	const struct timespec time = {.tv_nsec = (long)ns};

	return ppoll(&device, 1, &time, NULL) > 0;
}

void flushes_gather(struct session *session, int (*receive)(struct session *session))
{
	const uint64_t end = tree_monotonic() + session->flushes.patience;
	size_t taken = 0;

	connection_set_waiting(&session->connection, false);
	while (session->flushes.count < BATCH_MAX && !fuse_session_exited(session->fuse)) {
		const int r = receive(session);
		const uint64_t now = tree_monotonic();

		if (r > 0 && ++taken % TAKEN_MAX)
			continue;
		if (r <= 0 && r != -EAGAIN)
			break;
		if (now >= end || !is_expecting(session, now))
			break;
		if (r == -EAGAIN && !await(session, end - now))
			break;
	}
	connection_set_waiting(&session->connection, true);
}

static void take_turn(void *context, size_t index)
{
	struct session *session = context;

	session->unique = session->flushes.list[index].unique;
	session->connection.shared->handling = session->unique;
	session->plain = false;
}

static void answer(void *context, size_t index, int result)
{
	struct session *session = context;
	const struct flush *flush = &session->flushes.list[index];

	handles_changed(session->handles, flush->handle);
	request_reply(flush->request, result);
}

/* What is still to be committed of what waited; who has written since will close again. */
static void choose(struct session *session, struct batch *ret)
{
	struct flushes *flushes = &session->flushes;
	size_t kept = 0;

	for (size_t i = 0; i < flushes->count; i++) {
		const struct flush flush = flushes->list[i];
		struct handle *handle = handles_get(session->handles, flush.handle);
		struct draft *draft = handle ? handle_draft(handle) : NULL;

		flushes->list[kept] = flush;
		if (draft)
			draft->waiting = false;
		if (draft && draft_ends(draft, flush.owner) && draft_may_wait(draft)) {
			ret->drafts[kept++] = draft;
			continue;
		}
		take_turn(session, kept);
		answer(session, kept, draft ? draft->refused : 0);
	}
	ret->count = kept;
}

void flushes_commit(struct session *session)
{
	struct flushes *flushes = &session->flushes;
	struct batch batch = {
		.tree = &session->tree,
		.turn = take_turn,
		.end = answer,
		.context = session,
	};
	const uint64_t began = tree_monotonic();

	pthread_mutex_lock(&session->lock);
	session->connection.shared->since = began;
	choose(session, &batch);
	batch_commit(&batch);
	flushes->count = 0;
	flushes->patience = tree_monotonic() - began;
	if (flushes->patience > patience_max)
		flushes->patience = patience_max;
	session->unique = 0;
	state_publish(session->state);
	session->connection.shared->handling = 0;
	pthread_mutex_unlock(&session->lock);
}
