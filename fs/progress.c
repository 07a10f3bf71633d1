#include "fs/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum { SECOND = 1000000000, INTERVAL = SECOND / 5 };

static uint64_t monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

void progress_init(struct progress *progress, const char *what)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

	*progress = (struct progress){
		.what = what, .began = monotonic(), .terminal = isatty(STDERR_FILENO) == 1};
	sigemptyset(&progress->stopping);
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		sigaddset(&progress->stopping, signals[i]);
	sigprocmask(SIG_BLOCK, &progress->stopping, &progress->former);
}

void progress_done(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = 0;
	sigprocmask(SIG_SETMASK, &progress->former, NULL);
}

static void show(struct progress *progress, uint64_t done, uint64_t total)
{
	const uint64_t now = monotonic();

	if (!progress->terminal || now - progress->began < SECOND ||
	    now - progress->shown < INTERVAL || !total)
		return;
	progress->shown = now;
	fprintf(stderr, "\r%s: %" PRIu64 " %%\033[K", progress->what, 100 * done / total);
}

bool progress_tell(void *context, uint64_t done, uint64_t total)
{
	static const struct timespec at_once;
	struct progress *progress = context;

	if (sigtimedwait(&progress->stopping, NULL, &at_once) > 0)
		progress->stopped = true;
	show(progress, done, total);
	return !progress->stopped;
}
