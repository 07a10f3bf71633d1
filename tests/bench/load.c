/*
 * A load generator: clients that do one kind of work on files in a loop, and how many operations
 * they managed and how long each took.
 *
 *   load WORK CLIENTS SECONDS <paths, one a line      prints one line of JSON
 *
 * Each client is a process and picks paths at random; `once` has every path looked at exactly once
 * instead, for what is measured cold. Latencies go into buckets a thirty-second of a power of two
 * wide, so that percentiles are exact to three per cent.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <dirent.h>
#include <time.h>
#include <unistd.h>

#include "store/cleanup.h"

enum { CLIENTS_MAX = 64, MANTISSA_BITS = 5, BUCKETS = 64 << MANTISSA_BITS };

struct tally {
	uint64_t operations, errors;
	uint64_t ended; /* ns, monotonic */
	uint32_t buckets[BUCKETS];
};

struct paths {
	char **list;
	size_t count;
};

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int do_read(const char *path, uint64_t number)
{
	char bytes[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size;

	(void)number;
	if (fd < 0)
		return -errno;
	size = read(fd, bytes, sizeof bytes);
	close(fd);
	return size > 0 ? 0 : -EIO;
}

static int do_stat(const char *path, uint64_t number)
{
	struct stat st;

	(void)number;
	return stat(path, &st) < 0 ? -errno : 0;
}

/* A program is started that reads the file, as scripts do it. */
static int do_cat(const char *path, uint64_t number)
{
	char *const arguments[] = {(char[]){"cat"}, (char *)(uintptr_t)path, NULL};
	char *const environment[] = {NULL};
	posix_spawn_file_actions_t actions;
	int status, r;
	pid_t pid;

	(void)number;
	if (posix_spawn_file_actions_init(&actions))
		return -ENOMEM;
	r = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (r == 0)
		r = posix_spawn(&pid, "/bin/cat", &actions, NULL, arguments, environment);
	posix_spawn_file_actions_destroy(&actions);
	if (r)
		return -r;
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -EIO;
}

/* The path names a file: its directory is listed. */
static int do_list(const char *path, uint64_t number)
{
	const char *end = strrchr(path, '/');
	CLEANUP_FREE char *directory = strndup(path, (size_t)(end - path));
	DIR *stream = opendir(directory);
	size_t count = 0;

	(void)number;
	if (!stream)
		return -errno;
	while (readdir(stream))
		count++;
	closedir(stream);
	return count ? 0 : -EIO;
}

/* A value that no run has written before: who finds the same value in place may well do nothing. */
static int put(const char *path, uint64_t number, bool sync)
{
	char value[52];
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	int length, r = 0;

	if (fd < 0)
		return -errno;
	length = snprintf(value, sizeof value, "%030llu%021llu", (unsigned long long)now(),
			  (unsigned long long)number);
	if (write(fd, value, (size_t)length) != length || (sync && fdatasync(fd) < 0))
		r = -EIO;
	return close(fd) < 0 ? -errno : r;
}

static int do_write(const char *path, uint64_t number)
{
	return put(path, number, false);
}

static int do_write_and_sync(const char *path, uint64_t number)
{
	return put(path, number, true);
}

static const struct work {
	const char *name;
	int (*run)(const char *path, uint64_t number);
	bool once;
} works[] = {
	{"read", do_read, false},     {"cat", do_cat, false},
	{"stat", do_stat, false},     {"stat-once", do_stat, true},
	{"read-once", do_read, true}, {"list", do_list, false},
	{"write", do_write, false},   {"write-sync", do_write_and_sync, false},
};

static const struct work *work_named(const char *name)
{
	for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) {
		if (strcmp(works[i].name, name) == 0)
			return &works[i];
	}
	return NULL;
}

static size_t bucket_of(uint64_t ns)
{
	const unsigned bits = 63 - (unsigned)__builtin_clzll(ns | 1);

	if (bits <= MANTISSA_BITS)
		return ns;
	return ((size_t)(bits - MANTISSA_BITS) << MANTISSA_BITS) + (ns >> (bits - MANTISSA_BITS));
}

static uint64_t bucket_ns(size_t bucket)
{
	const size_t shift = bucket >> MANTISSA_BITS;
	const uint64_t one = UINT64_C(1) << MANTISSA_BITS;

	return shift < 2 ? bucket : (one + (bucket & (one - 1))) << (shift - 1);
}

static void measure(const struct work *work, const char *path, uint64_t number, struct tally *tally)
{
	const uint64_t began = now();
	int r = work->run(path, number);

	tally->ended = now();
	tally->buckets[bucket_of(tally->ended - began)]++;
	tally->operations++;
	tally->errors += r < 0;
}

struct plan {
	const struct work *work;
	const struct paths *paths;
	size_t clients;
	uint64_t start, end;
};

static void client(const struct plan *plan, size_t index, struct tally *tally)
{
	const struct timespec start = {(time_t)(plan->start / 1000000000u),
				       (long)(plan->start % 1000000000u)};
	uint64_t random = 0x9e3779b97f4a7c15u * (index + 1);

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &start, NULL);
	if (plan->work->once) {
		for (size_t i = index; i < plan->paths->count; i += plan->clients)
			measure(plan->work, plan->paths->list[i], i, tally);
		return;
	}
	while (now() < plan->end) {
		/* xorshift64 (Marsaglia, 2003) */
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		measure(plan->work, plan->paths->list[random % plan->paths->count], random, tally);
	}
}

static uint64_t percentile(const struct tally *all, unsigned percent)
{
	uint64_t left = all->operations * percent / 100;

	for (size_t i = 0; i < BUCKETS; i++) {
		if (left < all->buckets[i])
			return bucket_ns(i);
		left -= all->buckets[i];
	}
	return 0;
}

static void report(const struct plan *plan, const struct tally *tallies)
{
	struct tally all = {0};

	for (size_t i = 0; i < plan->clients; i++) {
		all.operations += tallies[i].operations;
		all.errors += tallies[i].errors;
		if (tallies[i].ended > all.ended)
			all.ended = tallies[i].ended;
		for (size_t j = 0; j < BUCKETS; j++)
			all.buckets[j] += tallies[i].buckets[j];
	}
	printf("{\"operations\": %llu, \"errors\": %llu, \"seconds\": %.6f, \"p50\": %llu, "
	       "\"p99\": %llu}\n",
	       (unsigned long long)all.operations, (unsigned long long)all.errors,
	       (double)(all.ended - plan->start) / 1e9, (unsigned long long)percentile(&all, 50),
	       (unsigned long long)percentile(&all, 99));
}

static int run(const struct plan *plan)
{
	const size_t size = plan->clients * sizeof(struct tally);
	struct tally *tallies =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool failed = false;

	if (tallies == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < plan->clients; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			client(plan, i, &tallies[i]);
			_exit(0);
		}
		failed |= pid < 0;
	}
	for (int status; wait(&status) > 0;)
		failed |= status != 0;
	report(plan, tallies);
	munmap(tallies, size);
	return failed;
}

static int read_paths(struct paths *ret)
{
	CLEANUP_FREE char *line = NULL;
	struct paths paths = {0};
	size_t room = 0, size = 0;
	ssize_t length;

	while ((length = getline(&line, &size, stdin)) > 0) {
		if (paths.count == room) {
			room = room ? 2 * room : 1024;
			paths.list = reallocarray(paths.list, room, sizeof *paths.list);
			if (!paths.list)
				return -ENOMEM;
		}
		line[strcspn(line, "\n")] = '\0';
		paths.list[paths.count++] = strdup(line);
	}
	*ret = paths;
	return paths.count ? 0 : -ENOENT;
}

int main(int argc, char **argv)
{
	struct paths paths = {0};
	struct plan plan = {.paths = &paths};
	double seconds;
	int r;

	if (argc != 4) {
		fprintf(stderr, "usage: load WORK CLIENTS SECONDS <paths\n");
		return 2;
	}
	plan.work = work_named(argv[1]);
	plan.clients = strtoul(argv[2], NULL, 10);
	seconds = strtod(argv[3], NULL);
	if (!plan.work || plan.clients < 1 || plan.clients > CLIENTS_MAX || seconds <= 0)
		return 2;
	r = read_paths(&paths);
	if (r < 0) {
		fprintf(stderr, "load: no paths: %s\n", strerror(-r));
		return 1;
	}
	plan.start = now() + 50000000;
	plan.end = plan.start + (uint64_t)(seconds * 1e9);
	return run(&plan);
}
