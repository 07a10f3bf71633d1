/*
 * The loop is our own, not fuse_session_loop(): its one buffer is of a kind of its own (inbox.h),
 * and is wiped after each write.
 */
#include "fs/session.h"

#include <signal.h>
#include <string.h>

#include "fs/crash.h"
#include "fs/credential_edit.h"
#include "fs/header.h"
#include "fs/inbox.h"
#include "fs/log.h"
#include "fs/op.h"
#include "fs/standing.h"
#include "fs/tending.h"

static void init_connection(void *context, struct fuse_conn_info *connection)
{
	/* Not ATOMIC_O_TRUNC: with it the kernel takes a file for empty, for everybody, from its
	 * opening with O_TRUNC on, and sendfile(2) of others finds nothing. */
	static const unsigned wanted = FUSE_CAP_POSIX_ACL | FUSE_CAP_READDIRPLUS |
				       FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_PARALLEL_DIROPS;

	(void)context;
	connection->want = connection->capable & wanted;
	/* The kernel hands on so many of the requests for which nobody waits, and keeps the others
	 * back, while those for which somebody waits go on coming: of a thousand readers' handles
	 * most would stay open, and their values in memory, without end. */
	connection->max_background = UINT16_MAX;
	connection->congestion_threshold = UINT16_MAX;
	connection->max_write = INBOX_WRITE_MAX;
}

/* The kernel forgets attributes and access lists. With a negative offset it touches no pages, so
 * that this never waits for a request, and may be called while one is being answered. */
static void invalidate(void *context, uint64_t inode)
{
	struct session *session = context;

	(void)!fuse_lowlevel_notify_inval_inode(session->fuse, inode, -1, 0);
	/* Only what is cached: the kernel throws away attributes that it has asked for when it is
	 * told to forget an inode meanwhile, and would judge somebody by those it had before. */
	if (session->forget)
		forget_due_of(session->forget, inode);
	waiters_wake(session->waiters, inode);
}

static void wake_poll(struct fuse_pollhandle *poll)
{
	(void)!fuse_lowlevel_notify_poll(poll);
	fuse_pollhandle_destroy(poll);
}

static void tell_name(void *context, uint64_t directory, const char *name)
{
	struct session *session = context;

	/* Without a name: the pages that sendfile and private maps left in the cache. */
	if (!*name) {
		(void)!fuse_lowlevel_notify_inval_inode(session->fuse, directory, 0, 0);
		return;
	}
	(void)!fuse_lowlevel_notify_inval_entry(session->fuse, directory, name, strlen(name));
}

static void queue_name(void *context, uint64_t directory, const char *name)
{
	struct session *session = context;

	if (session->state)
		state_forget(session->state, directory, name);
	forget_name(session->forget, directory, name);
}

static void queue_announcement(void *context, uint64_t inode, const char *path)
{
	struct session *session = context;

	announcer_put(session->announcer, inode, path);
}

static void intend(void *context, size_t pin, uint64_t time)
{
	struct session *session = context;

	if (session->state)
		state_intend(session->state, session->unique, pin, time);
}

static void withdraw(void *context, size_t pin)
{
	struct session *session = context;

	if (session->state)
		state_withdraw(session->state, session->unique, pin);
}

static void keep_answer(void *context, const struct iovec *parts, int count)
{
	struct session *session = context;

	if (!session->resent)
		state_go_on(session->state);
	state_answer(session->state, session->unique, parts, count, session->plain);
}

static int fuse_init(struct session *session, int device)
{
	char program[] = "credfs";
	char *arguments[] = {program, NULL};
	struct fuse_args args = FUSE_ARGS_INIT(1, arguments);
	struct fuse_lowlevel_ops ops = op_table();

	ops.init = init_connection;
	session->fuse = fuse_session_new(&args, &ops, sizeof ops, session);
	fuse_opt_free_args(&args);
	if (!session->fuse)
		return -ENOMEM;
	session->connection.device = device;
	return connection_attach(&session->connection, session->fuse);
}

static void wake_signer(void *context)
{
	struct session *session = context;

	signer_wake(session->signer);
}

/* In the signer's thread: nobody is held off while a signature is made. */
static void sign_logs(void *context)
{
	struct session *session = context;
	struct auditor *auditor = session->tree.auditor;
	size_t pin = 0;
	bool found;

	do {
		const struct recipient *signer = NULL;
		uint8_t head[AUDIT_HEAD_SIZE];
		struct audit_record record;

		pthread_mutex_lock(&session->lock);
		found = auditor_unsigned(auditor, &pin, &record, &signer);
		pthread_mutex_unlock(&session->lock);
		if (!found)
			break;
		audit_head_sign(&record, signer, head);
		pthread_mutex_lock(&session->lock);
		auditor_put_head(auditor, pin++, &record, head);
		pthread_mutex_unlock(&session->lock);
	} while (found);
}

int session_init(struct session *session, int device, int shared)
{
	int r = shared_map(shared, shared_size(), &session->connection.shared);

	session->looked_at = STANDING_BEFORE;
	/* This is the thread that tends. */
	nss_prepare_thread();
	pthread_mutex_init(&session->lock, NULL);
	if (r == 0)
		r = handles_new(session->tree.settings->memory, &session->handles);
	if (r == 0)
		r = waiters_new(wake_poll, fuse_pollhandle_destroy, &session->waiters);
	if (r == 0)
		r = tree_init(&session->tree);
	if (r == 0)
		r = fuse_init(session, device);
	if (r == 0)
		r = forget_new(tell_name, session, &session->forget);
	if (r == 0)
		r = signer_new(sign_logs, session, &session->signer);
	if (r == 0)
		auditor_on_write(session->tree.auditor, wake_signer, session);
	session->tree.shared = session->connection.shared;
	session->tree.invalidate = invalidate;
	session->tree.forget_name = queue_name;
	if (session->announcer)
		session->tree.announce = queue_announcement;
	session->tree.intend = intend;
	session->tree.withdraw = withdraw;
	session->tree.kernel = session;
	return r;
}

/* What the worker before has left: refused if it is damaged, then nothing of it is served. */
static int take_over(struct session *session, bool *ret_restored)
{
	int r = restore(&session->tree, session->handles, session->journal, session->key,
			session->restored);

	if (r == -EBADMSG)
		log_line(LOG_ERR,
			 "what the worker before has left is damaged: open files are lost");
	else if (r == 0 && session->restored->lost)
		log_line(LOG_WARNING, "%zu of %zu open files could not be taken over",
			 session->restored->lost,
			 session->restored->lost + session->restored->handles);
	*ret_restored = r == 0;
	return r == -EBADMSG ? 0 : r;
}

/* The worker before may have died before it told the kernel of what it did. */
static void repeat_notices(struct session *session)
{
	const struct restored *restored = session->restored;
	const size_t count = restored->forget_count < RESTORE_FORGETS ? restored->forget_count
								      : RESTORE_FORGETS;

	for (size_t i = 0; i < restored->outstanding.intended; i++) {
		const size_t pin = restored->outstanding.intents[i].event.pin;

		if (pin == NO_PIN || pin < session->tree.org_count)
			tree_access_changed(&session->tree, pin);
	}
	for (size_t i = 0; i < count; i++)
		forget_name(session->forget, restored->forgets[i].directory, restored->names[i]);
	handles_wake(session->handles, connection_wake, &session->connection);
}

static void withdraw_again(void *context, const struct event_intent *event)
{
	struct session *session = context;

	state_withdraw(session->state, event->unique, event->pin);
}

int session_begin(struct session *session)
{
	const bool successor = session->connection.shared->journal;
	bool restored = false;
	int r = connection_begin(&session->connection, session->fuse);

	session->restored = calloc(1, sizeof *session->restored);
	if (!session->restored)
		return -ENOMEM;
	if (r == 0)
		r = journal_new(session->connection.shared, session->key, &session->journal);
	if (r == 0 && successor)
		r = take_over(session, &restored);
	if (r == 0)
		r = state_new(&session->tree, session->handles, session->journal, session->key,
			      &session->state);
	if (r < 0)
		return r;
	crash_at("restored");
	if (successor)
		repeat_notices(session);
	state_begin(session->state, restored);
	outstanding_judge(&session->restored->outstanding, &session->tree, withdraw_again, session);
	session->connection.answering = keep_answer;
	session->connection.context = session;
	return 0;
}

void session_done(struct session *session)
{
	struct tombstone tombstone;

	session->state = state_free(session->state);
	session->journal = journal_free(session->journal);
	free(session->restored);
	while (session->tree.store && !session->handover &&
	       tombstones_take_expired(&session->tree.tombstones, UINT64_MAX, &tombstone))
		credential_erase(&session->tree, &tombstone);
	if (session->tree.store)
		tending_marks(session);
	session->signer = signer_free(session->signer);
	if (session->tree.auditor) {
		auditor_on_write(session->tree.auditor, NULL, NULL);
		auditor_sign(session->tree.auditor);
	}
	session->forget = forget_free(session->forget);
	session->waiters = waiters_free(session->waiters);
	session->announcer = announcer_free(session->announcer);
	if (session->fuse)
		fuse_session_destroy(session->fuse);
	session->fuse = NULL;
	session->buffer = inbox_free(session->buffer);
	shared_unmap(session->connection.shared, shared_size());
	session->handles = handles_free(session->handles);
	tree_done(&session->tree);
	pthread_mutex_destroy(&session->lock);
}

/* A request that another worker had before. True when it had an answer, which is sent now. */
static bool is_answered(struct session *session, const struct fuse_in_header *header)
{
	const struct outstanding *outstanding = &session->restored->outstanding;
	const struct shared_message *answer = outstanding_find(outstanding, session->unique);
	const struct event_intent *done = outstanding_done(outstanding, session->unique);

	if (crash_without("answers"))
		return false;
	if (answer) {
		connection_answer(&session->connection, header->unique, answer);
		return true;
	}
	session->done = done;
	session->tree.carried_out = done ? done->generation : 0;
	return false;
}

/* Workers have died of it: it is told apart, and nobody handles it. */
static bool is_poison(const struct session *session)
{
	const struct shared *shared = session->connection.shared;

	return shared->poison && shared->poison == session->unique;
}

static void handle(struct session *session, struct fuse_buf *buffer)
{
	const struct fuse_in_header *header = buffer->mem;

	session->resent = header_is_resent(header);
	session->plain = header_is_plain(header);
	session->poll = header_poll(header);
	session->done = false;
	session->cached = header_is_cached_read(header);
	if (is_poison(session)) {
		connection_refuse(&session->connection, header->unique, -EIO);
		return;
	}
	crash_at("received");
	if (!session->resent || !is_answered(session, header))
		fuse_session_process_buf(session->fuse, buffer);
	session->tree.carried_out = 0;
}

static void process(struct session *session, struct fuse_buf *buffer)
{
	struct shared *shared = session->connection.shared;
	const struct fuse_in_header *header = buffer->mem;
	const bool carries_value = header->opcode == FUSE_WRITE;

	/* Also while it waits for the lock: one that never comes free is as bad. */
	shared->since = tree_monotonic();
	shared->handling = header_number(header);
	linger_end(&session->linger, shared->since);
	pthread_mutex_lock(&session->lock);
	session->unique = header_number(header);
	handle(session, buffer);
	session->unique = 0;
	state_publish(session->state);
	crash_at("answered");
	pthread_mutex_unlock(&session->lock);
	shared->handling = 0;
	if (carries_value)
		explicit_bzero(buffer->mem, buffer->size);
}

static int receive(struct session *session)
{
	struct fuse_buf buffer = {.mem = session->buffer};
	int r = fuse_session_receive_buf(session->fuse, &buffer);

	if (r > 0)
		process(session, &buffer);
	return r;
}

int session_run(struct session *session)
{
	struct shared *shared = session->connection.shared;
	int r = 1;

	nss_prepare_thread();
	shared->begun = shared->generation;
	while (!fuse_session_exited(session->fuse) && (r > 0 || r == -EINTR || r == -EAGAIN)) {
		linger_await(&session->linger, session->connection.device);
		r = receive(session);
		if (session->flushes.count) {
			flushes_gather(session, receive);
			flushes_commit(session);
		}
	}
	/* The device says so when the mount is gone. */
	return r == -ENODEV || r > 0 || r == -EINTR ? 0 : r;
}

void session_stop(struct session *session, pthread_t thread)
{
	fuse_session_exit(session->fuse);
	pthread_kill(thread, SIGUSR1);
}

void session_hand_over(struct session *session)
{
	session->handover = true;
}

void session_hurry(struct session *session)
{
	pthread_kill(session->tender, SIGUSR2);
}
