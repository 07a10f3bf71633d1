#include "fs/forget.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

struct name {
	STAILQ_ENTRY(name) next;
	uint64_t directory;
	char name[];
};

struct forget {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	STAILQ_HEAD(names, name) names;
	struct names later;
	struct name *last; /* of these */
	bool ending;
	void (*tell)(void *context, uint64_t directory, const char *name);
	void *context;
};

/* The next name, waited for; NULL at the end. */
static struct name *take(struct forget *forget)
{
	struct name *name = NULL;

	pthread_mutex_lock(&forget->lock);
	while (!forget->ending && STAILQ_EMPTY(&forget->names))
		pthread_cond_wait(&forget->changed, &forget->lock);
	if (!forget->ending) {
		name = STAILQ_FIRST(&forget->names);
		STAILQ_REMOVE_HEAD(&forget->names, next);
	}
	pthread_mutex_unlock(&forget->lock);
	return name;
}

static void *run(void *context)
{
	struct forget *forget = context;
	struct name *name;

	while ((name = take(forget))) {
		forget->tell(forget->context, name->directory, name->name);
		free(name);
	}
	return NULL;
}

int forget_new(void (*tell)(void *context, uint64_t directory, const char *name), void *context,
	       struct forget **ret)
{
	struct forget *forget = calloc(1, sizeof *forget);
	int r;

	if (!forget)
		return -ENOMEM;
	forget->tell = tell;
	forget->context = context;
	STAILQ_INIT(&forget->names);
	STAILQ_INIT(&forget->later);
	pthread_mutex_init(&forget->lock, NULL);
	pthread_cond_init(&forget->changed, NULL);
	r = -pthread_create(&forget->thread, NULL, run, forget);
	if (r < 0) {
		free(forget);
		return r;
	}
	*ret = forget;
	return 0;
}

struct forget *forget_free(struct forget *forget)
{
	struct timespec end;
	struct name *name;

	if (!forget)
		return NULL;
	pthread_mutex_lock(&forget->lock);
	forget->ending = true;
	pthread_cond_signal(&forget->changed);
	pthread_mutex_unlock(&forget->lock);
	/* It may be waiting for a directory that is held until an answer comes which will not come
	 * any more: then it ends with the process. */
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec++;
	if (pthread_timedjoin_np(forget->thread, NULL, &end) != 0)
		return NULL;
	STAILQ_CONCAT(&forget->names, &forget->later);
	while ((name = STAILQ_FIRST(&forget->names))) {
		STAILQ_REMOVE_HEAD(&forget->names, next);
		free(name);
	}
	pthread_cond_destroy(&forget->changed);
	pthread_mutex_destroy(&forget->lock);
	free(forget);
	return NULL;
}

static struct name *name_new(uint64_t directory, const char *name)
{
	const size_t size = strlen(name) + 1;
	struct name *new = malloc(sizeof *new + size);

	if (!new)
		return NULL;
	new->directory = directory;
	memcpy(new->name, name, size);
	return new;
}

void forget_name(struct forget *forget, uint64_t directory, const char *name)
{
	struct name *new = name_new(directory, name);

	if (!new)
		return;
	pthread_mutex_lock(&forget->lock);
	STAILQ_INSERT_TAIL(&forget->names, new, next);
	pthread_cond_signal(&forget->changed);
	pthread_mutex_unlock(&forget->lock);
}

void forget_later(struct forget *forget, uint64_t directory, const char *name)
{
	const struct name *last;
	struct name *new = NULL;

	pthread_mutex_lock(&forget->lock);
	last = forget->last;
	/* Who reads a file in pieces asks again and again. */
	if (!last || last->directory != directory || strcmp(last->name, name) != 0)
		new = name_new(directory, name);
	if (new) {
		STAILQ_INSERT_TAIL(&forget->later, new, next);
		forget->last = new;
	}
	pthread_mutex_unlock(&forget->lock);
}

void forget_due(struct forget *forget)
{
	pthread_mutex_lock(&forget->lock);
	STAILQ_CONCAT(&forget->names, &forget->later);
	forget->last = NULL;
	pthread_cond_signal(&forget->changed);
	pthread_mutex_unlock(&forget->lock);
}

void forget_due_of(struct forget *forget, uint64_t directory)
{
	struct names rest = STAILQ_HEAD_INITIALIZER(rest);
	struct name *name;

	pthread_mutex_lock(&forget->lock);
	while ((name = STAILQ_FIRST(&forget->later))) {
		STAILQ_REMOVE_HEAD(&forget->later, next);
		if (name->directory == directory)
			STAILQ_INSERT_TAIL(&forget->names, name, next);
		else
			STAILQ_INSERT_TAIL(&rest, name, next);
	}
	STAILQ_CONCAT(&forget->later, &rest);
	forget->last = NULL;
	pthread_cond_signal(&forget->changed);
	pthread_mutex_unlock(&forget->lock);
}
