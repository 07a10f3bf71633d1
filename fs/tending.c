#include "fs/tending.h"

#include <string.h>

#include "fs/burial.h"
#include "fs/credential_edit.h"
#include "fs/ending.h"
#include "fs/follow.h"
#include "fs/log.h"
#include "fs/roster.h"
#include "fs/standing.h"

/* The disk may take its time: nobody waits for it. */
void tending_marks(struct session *session)
{
	CLEANUP(pins_copy_freep) struct pins_copy *copy = NULL;
	int r;

	pthread_mutex_lock(&session->lock);
	r = store_marks(session->tree.store, &copy);
	pthread_mutex_unlock(&session->lock);
	if (r == 0 && copy)
		r = store_write_marks(session->tree.store, copy);
	if (r != session->marks_trouble && r < 0)
		log_line(LOG_WARNING, "marks against rollback not written: %s", strerror(-r));
	session->marks_trouble = r;
}

/* What is kept for a while only: editors' files, and values that were removed. */
static void tend_leftovers(struct session *session)
{
	struct tombstone tombstone;
	size_t gone;

	pthread_mutex_lock(&session->lock);
	gone = scratch_expire(session->tree.scratch, tree_monotonic());
	while (tombstones_take_expired(&session->tree.tombstones, tree_monotonic(), &tombstone))
		credential_erase(&session->tree, &tombstone);
	burial_tend(&session->tree);
	if (session->announcer)
		(void)announcer_tend(session->announcer);
	pthread_mutex_unlock(&session->lock);
	if (gone)
		log_line(LOG_NOTICE, "%zu scratch files have expired", gone);
}

/* The organisations that were not looked at before the mount served. */
static void tend_standing(struct session *session)
{
	size_t left = 1;

	while (left) {
		pthread_mutex_lock(&session->lock);
		left = standing_log(session->tree.store, session->looked_at, STANDING_AT_ONCE);
		session->looked_at += STANDING_AT_ONCE;
		pthread_mutex_unlock(&session->lock);
	}
}

enum { RESEAL_STEPS = 10 }; /* in a second, each under the lock for itself */

static void tend_store(struct session *session)
{
	bool more = true;

	pthread_mutex_lock(&session->lock);
	follow_others(&session->tree);
	ending_tend(&session->tree);
	pthread_mutex_unlock(&session->lock);
	for (size_t i = 0; more && i < RESEAL_STEPS; i++) {
		pthread_mutex_lock(&session->lock);
		more = follow_reseal(&session->tree);
		pthread_mutex_unlock(&session->lock);
	}
}

void tending_run(struct session *session)
{
	int r = 0;

	roster_refresh(&session->tree, &session->lock);
	tend_leftovers(session);
	tend_standing(session);
	tend_store(session);
	pthread_mutex_lock(&session->lock);
	state_publish(session->state);
	pthread_mutex_unlock(&session->lock);
	tending_marks(session);
	forget_due(session->forget);
	if (store_untidy(session->tree.store))
		r = store_tidy(session->tree.store);
	if (r < 0 && r != -EBUSY)
		log_line(LOG_WARNING, "deleted bytes not yet overwritten: %s", strerror(-r));
}
