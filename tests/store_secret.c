#include <criterion/criterion.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "store/secret.h"
#include "tests/child.h"

enum { POOL_LIMIT = 4 << 20, SLAB = 256 * 1024 };
#define CLEANUP_POOL CLEANUP(secret_pool_freep)

static struct secret_pool *pool_of(size_t limit)
{
	struct secret_pool *pool = NULL;

	cr_assert_eq(secret_pool_new(limit, &pool), 0);
	return pool;
}

/* Read our own memory as a file, past every check of a sanitizer. */
static void peek(const void *at, uint8_t *ret, size_t size)
{
	CLEANUP_CLOSE int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);

	cr_assert_geq(fd, 0);
	cr_assert_eq(pread(fd, ret, size, (off_t)(uintptr_t)at), (ssize_t)size);
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

static size_t locked_kilobytes(void)
{
	static const char key[] = "VmLck:";
	CLEANUP_FCLOSE FILE *file = fopen("/proc/self/status", "re");
	CLEANUP_FREE char *line = NULL;
	size_t room = 0;

	cr_assert_not_null(file);
	while (getline(&line, &room, file) > 0)
		if (strncmp(line, key, strlen(key)) == 0)
			return strtoul(line + strlen(key), NULL, 10);
	return 0;
}

/* The flags of the mapping that holds this address. */
static bool mapping_has(const void *address, const char *flag)
{
	CLEANUP_FCLOSE FILE *file = fopen("/proc/self/smaps", "re");
	CLEANUP_FREE char *line = NULL;
	unsigned long start, end;
	bool inside = false;
	size_t room = 0;

	cr_assert_not_null(file);
	while (getline(&line, &room, file) > 0) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = (uintptr_t)address >= start && (uintptr_t)address < end;
		if (inside && strncmp(line, "VmFlags:", 8) == 0)
			return strstr(line, flag);
	}
	return false;
}

Test(secret, is_empty_at_first_and_its_room_is_zero)
{
	static const size_t capacities[] = {0,	  1,	 32,	48,	49,	100,
					    4096, 65536, 65808, 131056, 131057, SECRET_MAX};
	CLEANUP_POOL struct secret_pool *pool = pool_of(POOL_LIMIT);

	for (size_t i = 0; i < sizeof(capacities) / sizeof(capacities[0]); i++) {
		CLEANUP_SECRET struct secret *secret = NULL;

		cr_assert_eq(secret_new(pool, capacities[i], &secret), 0);
		cr_assert_eq(secret_size(secret), 0);
		cr_assert_geq(secret_capacity(secret), capacities[i]);
		cr_assert(is_zero(secret_view(secret), secret_capacity(secret)));
		memset(secret_bytes(secret), 'x', secret_capacity(secret));
	}
}

Test(secret, holds_a_copy_of_what_it_was_given)
{
	CLEANUP_POOL struct secret_pool *pool = pool_of(POOL_LIMIT);
	CLEANUP_SECRET struct secret *secret = NULL, *empty = NULL, *zeros = NULL;

	cr_assert_eq(secret_copy(pool, "value", 5, &secret), 0);
	cr_assert_eq(secret_size(secret), 5);
	cr_assert_arr_eq(secret_view(secret), "value", 5);
	cr_assert_eq(secret_pool_of(secret), pool);

	cr_assert_eq(secret_copy(pool, NULL, 0, &empty), 0);
	cr_assert_eq(secret_size(empty), 0);

	cr_assert_eq(secret_zeros(pool, 100, &zeros), 0);
	cr_assert_eq(secret_size(zeros), 100);
	cr_assert(is_zero(secret_view(zeros), 100));
}

Test(secret, is_refused_above_the_largest_size)
{
	CLEANUP_POOL struct secret_pool *pool = pool_of(POOL_LIMIT);
	CLEANUP_SECRET struct secret *secret = NULL;

	cr_assert_eq(secret_new(pool, SECRET_MAX + 1, &secret), -EFBIG);
	cr_assert_eq(secret_copy(pool, "value", 5, &secret), 0);
	cr_assert_eq(secret_resize(secret, SECRET_MAX + 1), -EFBIG);
	cr_assert_eq(secret_size(secret), 5);
	cr_assert_arr_eq(secret_view(secret), "value", 5);
}

Test(secret, is_zero_where_it_grew_and_where_it_was_cut)
{
	static const size_t sizes[] = {10, 3, 48, 49, 5000, 200, 70000, 300000, 1, SECRET_MAX, 0};
	CLEANUP_POOL struct secret_pool *pool = pool_of(POOL_LIMIT);
	CLEANUP_SECRET struct secret *secret = NULL;
	size_t old = 0;

	cr_assert_eq(secret_new(pool, 0, &secret), 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t kept = old < sizes[i] ? old : sizes[i];
		const uint8_t *bytes;

		cr_assert_eq(secret_resize(secret, sizes[i]), 0);
		cr_assert_eq(secret_size(secret), sizes[i]);
		bytes = secret_view(secret);
		for (size_t j = 0; j < kept; j++)
			cr_assert_eq(bytes[j], 'x');
		cr_assert(is_zero(bytes + kept, secret_capacity(secret) - kept));
		memset(secret_bytes(secret), 'x', sizes[i]);
		old = sizes[i];
	}
}

Test(secret, is_wiped_when_it_is_freed_cut_or_moved)
{
	CLEANUP_POOL struct secret_pool *pool = pool_of(POOL_LIMIT);
	CLEANUP_SECRET struct secret *secret = NULL, *other = NULL;
	uint8_t seen[128];
	const uint8_t *at;

	cr_assert_eq(secret_copy(pool, "one and the same secret value, long enough to be seen", 53,
				 &secret),
		     0);
	at = secret_view(secret);
	peek(at, seen, sizeof(seen));
	cr_assert_arr_eq(seen, "one and", 7);

	cr_assert_eq(secret_resize(secret, 3), 0);
	peek(at, seen, sizeof(seen) - 16);
	cr_assert_arr_eq(seen, "one", 3);
	cr_assert(is_zero(seen + 3, sizeof(seen) - 16 - 3));

	cr_assert_eq(secret_resize(secret, 4096), 0);
	cr_assert_neq(secret_view(secret), at);
	peek(at, seen, sizeof(seen));
	cr_assert(is_zero(seen, sizeof(seen)));

	at = secret_view(secret);
	secret = secret_free(secret);
	peek(at, seen, sizeof(seen));
	cr_assert(is_zero(seen, sizeof(seen)));
	cr_assert_null(secret);

	cr_assert_eq(secret_new(pool, 10, &other), 0);
}

Test(secret, leaves_nothing_but_zeros_in_a_whole_slab)
{
	CLEANUP_POOL struct secret_pool *pool = pool_of(SLAB);
	CLEANUP_FREE uint8_t *slab = malloc(SLAB);
	struct secret *secrets[16];
	const uint8_t *start = NULL;

	cr_assert_not_null(slab);
	for (size_t i = 0; i < 16; i++) {
		cr_assert_eq(secret_zeros(pool, SLAB / 16 - 16, &secrets[i]), 0);
		memset(secret_bytes(secrets[i]), 'x', secret_size(secrets[i]));
		if (!start || secret_view(secrets[i]) < start)
			start = secret_view(secrets[i]);
	}
	for (size_t i = 0; i < 16; i++)
		secret_free(secrets[i]);
	peek(start, slab, SLAB);
	cr_assert(is_zero(slab, SLAB));
}

Test(secret, lies_in_memory_that_is_locked_not_dumped_and_not_inherited)
{
	size_t before = locked_kilobytes();
	CLEANUP_POOL struct secret_pool *pool = pool_of(POOL_LIMIT);
	CLEANUP_SECRET struct secret *small = NULL, *large = NULL;

	cr_assert_eq(secret_pool_locked(pool), SLAB);
	cr_assert_eq(locked_kilobytes(), before + SLAB / 1024);

	cr_assert_eq(secret_new(pool, 10, &small), 0);
	cr_assert_eq(secret_new(pool, 500000, &large), 0);
	cr_assert_eq(locked_kilobytes(), before + secret_pool_locked(pool) / 1024);
	cr_assert_gt(secret_pool_locked(pool), SLAB + 500000);

	for (size_t i = 0; i < 2; i++) {
		const uint8_t *at = secret_view(i ? large : small);

		cr_assert(mapping_has(at, " lo"), "locked");
		cr_assert(mapping_has(at, " dd"), "not dumped");
		cr_assert(mapping_has(at, " dc"), "not inherited");
	}
}

Test(secret, gives_the_memory_of_a_large_one_back)
{
	CLEANUP_POOL struct secret_pool *pool = pool_of(POOL_LIMIT);
	struct secret *secret = NULL;

	cr_assert_eq(secret_new(pool, SECRET_MAX, &secret), 0);
	cr_assert_gt(secret_pool_locked(pool), SLAB + SECRET_MAX);
	secret_free(secret);
	cr_assert_eq(secret_pool_locked(pool), SLAB);
}

/* Fill the pool with secrets of this size; how many there were room for. */
static size_t fill(struct secret_pool *pool, size_t size, struct secret **secrets, size_t max)
{
	size_t count = 0;
	int r = 0;

	while (count < max && r == 0) {
		r = secret_new(pool, size, &secrets[count]);
		count += r == 0;
	}
	cr_assert_eq(r, -ENOMEM);
	return count;
}

Test(secret, is_refused_at_the_limit_and_served_again_after_a_free)
{
	CLEANUP_POOL struct secret_pool *pool = pool_of(2 * SLAB);
	struct secret *secrets[8193];

	/* Idle slabs serve every size, small or large, before and after. */
	for (size_t round = 0; round < 2; round++) {
		for (size_t size = 48; size <= 131056; size = 2 * size + 16) {
			size_t count = fill(pool, size, secrets, 8193);

			cr_assert_eq(count, 2 * SLAB / (size + 16), "of %zu bytes", size);
			cr_assert_eq(secret_pool_locked(pool), 2 * SLAB);
			secret_free(secrets[--count]);
			cr_assert_eq(secret_new(pool, size, &secrets[count++]), 0);
			while (count > 0)
				secret_free(secrets[--count]);
		}
		cr_assert_eq(secret_new(pool, 400000, &secrets[0]), 0);
		cr_assert_leq(secret_pool_locked(pool), 2 * SLAB);
		secret_free(secrets[0]);
	}
}

Test(secret, stays_as_it_was_when_it_cannot_grow)
{
	CLEANUP_POOL struct secret_pool *pool = pool_of(SLAB);
	CLEANUP_SECRET struct secret *secret = NULL;

	cr_assert_eq(secret_copy(pool, "value", 5, &secret), 0);
	cr_assert_eq(secret_resize(secret, 200000), -ENOMEM);
	cr_assert_eq(secret_size(secret), 5);
	cr_assert_arr_eq(secret_view(secret), "value", 5);
}

Test(secret, pool_below_one_slab_is_refused)
{
	struct secret_pool *pool = NULL;

	cr_assert_eq(secret_pool_new(SLAB - 1, &pool), -ENOMEM);
	cr_assert_null(pool);
}

/* Become a user who may lock `limit` bytes, in a child, and say what a pool answers there. */
static int pool_answer_without_privilege(size_t limit)
{
	struct rlimit rlimit = {limit, limit};
	int status = 0;
	pid_t child;

	child = fork();
	cr_assert_geq(child, 0);
	if (child == 0) {
		struct secret_pool *pool = NULL;

		if (setrlimit(RLIMIT_MEMLOCK, &rlimit) < 0)
			_exit(200);
		if (geteuid() == 0 &&
		    (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0))
			_exit(201);
		_exit(-secret_pool_new(POOL_LIMIT, &pool));
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

Test(secret, pool_is_refused_where_memory_cannot_be_locked)
{
	cr_assert_eq(pool_answer_without_privilege(0), -EPERM);
	cr_assert_eq(pool_answer_without_privilege(64 * 1024), -EPERM);
	cr_assert_eq(pool_answer_without_privilege(POOL_LIMIT - 4096), -EPERM);
	cr_assert_eq(pool_answer_without_privilege(2 * POOL_LIMIT), 0);
}

/* How a child ends that does this. */
static int signal_of(void (*act)(struct secret_pool *pool))
{
	int status = 0;
	pid_t child;

	child = fork();
	cr_assert_geq(child, 0);
	if (child == 0) {
		CLEANUP_POOL struct secret_pool *pool = pool_of(POOL_LIMIT);

		prctl(PR_SET_DUMPABLE, 0);
		signal(SIGABRT, SIG_DFL);
		signal(SIGSEGV, SIG_DFL);
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		act(pool);
		_exit(0);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void overflow(struct secret_pool *pool)
{
	struct secret *secret = NULL;
	volatile uint8_t *bytes;

	if (secret_new(pool, 100, &secret) < 0)
		return;
	bytes = secret_bytes(secret);
	bytes[secret_capacity(secret)] ^= 1;
	secret_free(secret);
}

static void touch_guard(struct secret_pool *pool)
{
	struct secret *secret = NULL;
	volatile uint8_t *bytes;

	if (secret_new(pool, 300000, &secret) < 0)
		return;
	bytes = secret_bytes(secret);
	bytes[-1] = 1;
}

Test(secret, overflow_ends_the_process)
{
	cr_assert_eq(signal_of(overflow), SIGABRT);
}

Test(secret, guard_page_ends_the_process)
{
	int ended = signal_of(touch_guard);

	/* Sanitizers turn the fault into an abort. */
	cr_assert(ended == SIGSEGV || ended == SIGABRT);
}

enum { THREADS = 4, ROUNDS = 20000, HELD = 8 };

static void *churn(void *context)
{
	struct secret_pool *pool = context;
	struct secret *held[HELD] = {0};
	unsigned seed = (unsigned)(uintptr_t)&held;
	uint8_t mark = (uint8_t)(seed >> 8 | 1);
	uintptr_t failures = 0;

	for (size_t i = 0; i < ROUNDS; i++) {
		size_t slot = (size_t)rand_r(&seed) % HELD;
		size_t size = (size_t)rand_r(&seed) % 700;

		for (size_t j = 0; held[slot] && j < secret_size(held[slot]); j++)
			failures += secret_view(held[slot])[j] != mark;
		held[slot] = secret_free(held[slot]);
		failures += secret_zeros(pool, size, &held[slot]) < 0;
		failures += held[slot] && !is_zero(secret_view(held[slot]), size);
		if (held[slot])
			memset(secret_bytes(held[slot]), mark, size);
	}
	for (size_t i = 0; i < HELD; i++)
		secret_free(held[i]);
	return (void *)failures;
}

Test(secret, pool_serves_several_threads)
{
	CLEANUP_POOL struct secret_pool *pool = pool_of(POOL_LIMIT);
	pthread_t threads[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, churn, pool), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *failures = NULL;

		cr_assert_eq(pthread_join(threads[i], &failures), 0);
		cr_assert_null(failures);
	}
}

Test(secret, that_is_cleared_gives_its_room_back)
{
	CLEANUP_POOL struct secret_pool *pool = pool_of(POOL_LIMIT);
	CLEANUP_SECRET struct secret *secret = NULL;
	const size_t before = secret_pool_locked(pool);

	cr_assert_eq(secret_zeros(pool, 1 << 20, &secret), 0);
	cr_assert_gt(secret_pool_locked(pool), before);
	secret_clear(secret);
	cr_expect_eq(secret_size(secret), 0);
	cr_expect_eq(secret_pool_locked(pool), before);
	cr_assert_eq(secret_resize(secret, 10), 0);
	cr_expect(is_zero(secret_view(secret), 10));
	secret_clear(secret);
	cr_assert_eq(secret_resize(secret, 10), 0);
	cr_expect(is_zero(secret_view(secret), 10));
}

/* Root may lock what it likes: everything is tried by a user who may lock nothing. */
static int use_reserve(void)
{
	const struct rlimit none = {0, 0};
	struct secret_pool *pool = NULL;
	struct secret *all[64] = {0};
	size_t count = 0;
	int r;

	if (secret_pool_reserve(POOL_LIMIT, &pool) < 0)
		return 1;
	if (setrlimit(RLIMIT_MEMLOCK, &none) < 0 || setgid(65534) < 0 || setuid(65534) < 0)
		return 2;
	/* Each of a size that has a slab to itself, until the limit; and again, wiped. */
	for (int round = 0; round < 3; round++) {
		while ((r = secret_zeros(pool, 200000, &all[count])) == 0) {
			for (size_t i = 0; i < 200000; i++) {
				if (secret_bytes(all[count])[i])
					return 3;
			}
			memset(secret_bytes(all[count++]), 'x', 200000);
		}
		if (r != -ENOMEM || count < POOL_LIMIT / 300000)
			return 4;
		for (; count; count--)
			all[count - 1] = secret_free(all[count - 1]);
	}
	r = secret_copy(pool, "value", 5, &all[0]);
	all[0] = secret_free(all[0]);
	secret_pool_free(pool);
	return r ? 5 : 0;
}

Test(secret, pool_of_a_reserve_serves_who_may_lock_nothing_any_more)
{
	if (geteuid() != 0)
		cr_skip_test("only root can lock what others cannot");
	cr_expect_eq(child_run(use_reserve), 0);
}

/* Smallest and largest, in an order that leaves gaps. */
Test(secret, pool_of_a_reserve_hands_out_pieces_of_every_size)
{
	enum { COUNT = 24 };
	struct secret_pool *pool = NULL;
	struct secret *all[COUNT] = {0};

	cr_assert_eq(secret_pool_reserve(16 << 20, &pool), 0);
	for (size_t round = 0; round < 40; round++) {
		for (size_t i = round % 3; i < COUNT; i += 3) {
			const size_t size = (i * 7919 + round * 104729) % 500000 + 1;

			secret_free(all[i]);
			cr_assert_eq(secret_zeros(pool, size, &all[i]), 0);
			memset(secret_bytes(all[i]), (int)i + 1, size);
		}
		for (size_t i = 0; i < COUNT; i++) {
			for (size_t j = 0; all[i] && j < secret_size(all[i]); j++)
				cr_assert_eq(secret_view(all[i])[j], i + 1);
		}
	}
	for (size_t i = 0; i < COUNT; i++)
		secret_free(all[i]);
	secret_pool_free(pool);
}

/* The page before a piece, and with another piece behind it. */
static void touch_guard_of_reserve(struct secret_pool *pool)
{
	struct secret_pool *reserved = NULL;
	struct secret *first = NULL;

	(void)pool;
	if (secret_pool_reserve(POOL_LIMIT, &reserved) == 0 &&
	    secret_zeros(reserved, 300000, &first) == 0)
		touch_guard(reserved);
}

Test(secret, pieces_of_a_reserve_are_fenced)
{
	const int ended = signal_of(touch_guard_of_reserve);

	cr_expect(ended == SIGSEGV || ended == SIGABRT);
}
