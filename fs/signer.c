#include "fs/signer.h"

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

/* A signature takes the time of several reads, and who makes it is in their way while it is fetched
 * and put: at most some dozens a second. */
enum { MUCH = 4096, DELAY_NS = 100000000, SECOND_NS = 1000000000 };

struct signer {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned written; /* since it was signed last */
	bool ending;
	void (*sign)(void *context);
	void *context;
};

static struct timespec delayed(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	time.tv_nsec += DELAY_NS;
	if (time.tv_nsec >= SECOND_NS) {
		time.tv_nsec -= SECOND_NS;
		time.tv_sec++;
	}
	return time;
}

/* Wait until there is something to sign, and it is time; false at the end. */
static bool wait_for_work(struct signer *signer)
{
	struct timespec end;
	bool ending;

	pthread_mutex_lock(&signer->lock);
	while (!signer->ending && !signer->written)
		pthread_cond_wait(&signer->changed, &signer->lock);
	end = delayed();
	while (!signer->ending && signer->written < MUCH) {
		if (pthread_cond_timedwait(&signer->changed, &signer->lock, &end) != 0)
			break;
	}
	signer->written = 0;
	ending = signer->ending;
	pthread_mutex_unlock(&signer->lock);
	return !ending;
}

static void *run(void *context)
{
	struct signer *signer = context;

	while (wait_for_work(signer))
		signer->sign(signer->context);
	return NULL;
}

int signer_new(void (*sign)(void *context), void *context, struct signer **ret)
{
	struct signer *signer = calloc(1, sizeof *signer);
	int r;

	if (!signer)
		return -ENOMEM;
	signer->sign = sign;
	signer->context = context;
	pthread_mutex_init(&signer->lock, NULL);
	pthread_cond_init(&signer->changed, NULL);
	r = -pthread_create(&signer->thread, NULL, run, signer);
	if (r < 0) {
		free(signer);
		return r;
	}
	*ret = signer;
	return 0;
}

struct signer *signer_free(struct signer *signer)
{
	if (!signer)
		return NULL;
	pthread_mutex_lock(&signer->lock);
	signer->ending = true;
	pthread_cond_signal(&signer->changed);
	pthread_mutex_unlock(&signer->lock);
	pthread_join(signer->thread, NULL);
	pthread_cond_destroy(&signer->changed);
	pthread_mutex_destroy(&signer->lock);
	free(signer);
	return NULL;
}

void signer_wake(struct signer *signer)
{
	unsigned written;

	pthread_mutex_lock(&signer->lock);
	written = ++signer->written;
	pthread_mutex_unlock(&signer->lock);
	/* When the first comes it starts to wait for the others, when there are many it goes. */
	if (written == 1 || written == MUCH)
		pthread_cond_signal(&signer->changed);
}
