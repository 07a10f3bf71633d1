#include "fs/unlock.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "fs/prompt.h"
#include "tests/place.h"

#define PASSPHRASE "correct horse battery"

enum { POOL_SIZE = 1 << 20 };

/* A host's identity in a file, and its recovery recipient. */
struct world {
	struct place place;
	char path[96];
	struct secret_pool *pool;
	struct identity identity;
	struct recipient *recovery;
	struct settings settings;
	enum exit_code code;
	char said[512];
};

static void world_init(struct world *world)
{
	*world = (struct world){.place = place_new()};
	snprintf(world->path, sizeof world->path, "%s/identity", world->place.directory);
	cr_assert_eq(secret_pool_new(POOL_SIZE, &world->pool), 0);
	cr_assert_eq(recipient_generate(world->pool, &world->identity.host), 0);
	cr_assert_eq(recipient_generate(world->pool, &world->recovery), 0);
	world->identity.recovery = *recipient_public(world->recovery);
	world->identity.has_recovery = true;
	world->settings.store_identity = world->path;
}

static void world_done(struct world *world)
{
	identity_done(&world->identity);
	recipient_free(world->recovery);
	secret_pool_free(world->pool);
	place_done(&world->place);
}
#define WORLD CLEANUP(world_done) struct world

/* The file, sealed as cheaply as is accepted or not at all. */
static void save(struct world *world, bool sealed)
{
	CLEANUP_SECRET struct secret *words = NULL, *text = NULL;
	struct passphrase_cost cost = passphrase_cost_new();

	cost.mebibytes = PASSPHRASE_MEBIBYTES_MIN;
	cr_assert_eq(secret_copy(world->pool, PASSPHRASE, strlen(PASSPHRASE), &words), 0);
	cr_assert_eq(sealed ? identity_format_sealed(&world->identity, words, &cost, &text)
			    : identity_format(&world->identity, &text),
		     0);
	cr_assert_eq(identity_save(world->path, text), 0);
}

/*
 * What a process does that is hardened for good is done by a child: with these lines on stdin, and
 * what it says on stderr kept. The code is what the function returned.
 */
static void run(struct world *world, const char *lines, int (*function)(struct world *world))
{
	int in[2], out[2], status = 0;
	size_t size = 0;
	ssize_t n;
	pid_t pid;

	cr_assert_eq(pipe(in), 0);
	cr_assert_eq(pipe(out), 0);
	cr_assert_eq(write(in[1], lines, strlen(lines)), (ssize_t)strlen(lines));
	close(in[1]);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDERR_FILENO);
		_exit(function(world));
	}
	close(in[0]);
	close(out[1]);
	while ((n = read(out[0], world->said + size, sizeof world->said - 1 - size)) > 0)
		size += (size_t)n;
	world->said[size] = '\0';
	close(out[0]);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status), "signal %d: %s", WTERMSIG(status), world->said);
	world->code = WEXITSTATUS(status);
}

enum { ANOTHER = 100, LEAKY = 101 }; /* not among the exit codes */

static bool is_same(const struct recipient *a, const struct recipient_public *b)
{
	return memcmp(recipient_public(a), b, sizeof *b) == 0;
}

static int open_identity(struct world *world)
{
	struct recipient_public expected;
	CLEANUP_UNLOCKED struct unlocked unlocked = {0};
	struct rlimit core;
	enum exit_code code;

	/* The parent's pool is not there in a child. */
	memcpy(&expected, recipient_public(world->identity.host), sizeof expected);
	code = unlock(&world->settings, POOL_SIZE, &unlocked);
	if (code != EXIT_DONE)
		return unlocked.identity.host ? ANOTHER : (int)code;
	if (getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_max != 0)
		return LEAKY;
	return is_same(unlocked.identity.host, &expected) && unlocked.identity.has_recovery
		       ? (int)code
		       : ANOTHER;
}

static const struct {
	bool sealed;
	const char *lines;
	enum exit_code code;
	const char *says;
} openings[] = {
	{false, "", EXIT_DONE, ""},
	{false, "nobody asked for this\n", EXIT_DONE, ""},
	{true, PASSPHRASE "\n", EXIT_DONE, ""},
	{true, PASSPHRASE, EXIT_DONE, ""},
	{true, "", EXIT_PASSPHRASE, "nobody gave one"},
	{true, "\n", EXIT_PASSPHRASE, "does not open it"},
	/* who feeds stdin has one try */
	{true, "another one\n" PASSPHRASE "\n", EXIT_PASSPHRASE, "does not open it"},
};

Test(unlock, takes_the_passphrase_where_the_identity_takes_one)
{
	for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++) {
		WORLD world;

		world_init(&world);
		save(&world, openings[i].sealed);
		run(&world, openings[i].lines, open_identity);
		cr_expect_eq(world.code, openings[i].code, "%zu: %d", i, world.code);
		cr_expect_not_null(strstr(world.said, openings[i].says), "%zu: %s", i, world.said);
		cr_expect_eq(!*world.said, !*openings[i].says, "%zu: %s", i, world.said);
		cr_expect_null(strstr(world.said, PASSPHRASE));
	}
}

static void make_open(struct world *world)
{
	save(world, false);
	cr_assert_eq(chmod(world->path, 0440), 0);
}

static void make_damaged(struct world *world)
{
	file_write(world->path, "credfs identity 1\n", 18);
	cr_assert_eq(chmod(world->path, 0400), 0);
}

static void make_none(struct world *world)
{
	(void)world;
}

static const struct {
	void (*make)(struct world *world);
	enum exit_code code;
} refusals[] = {
	{make_none, EXIT_NO_IDENTITY},
	{make_open, EXIT_IDENTITY_OPEN},
	{make_damaged, EXIT_IDENTITY_DAMAGED},
};

Test(unlock, says_what_is_wrong_with_the_identity)
{
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		WORLD world;

		world_init(&world);
		refusals[i].make(&world);
		run(&world, "", open_identity);
		cr_expect_eq(world.code, refusals[i].code, "%zu: %d", i, world.code);
		cr_expect_not_null(strstr(world.said, world.path), "%s", world.said);
	}
}

static int open_without_memory(struct world *world)
{
	const struct rlimit none = {0, 0};

	/* root may lock without a limit */
	if (setrlimit(RLIMIT_MEMLOCK, &none) < 0 || (geteuid() == 0 && setuid(65534) < 0))
		return ANOTHER;
	return open_identity(world);
}

Test(unlock, without_memory_that_can_be_locked_opens_nothing)
{
	WORLD world;

	world_init(&world);
	save(&world, false);
	run(&world, "", open_without_memory);
	cr_expect_eq(world.code, EXIT_MEMORY, "%d: %s", world.code, world.said);
}

static int open_phrase(struct world *world)
{
	struct recipient_public expected = world->identity.recovery;
	CLEANUP_UNLOCKED struct unlocked unlocked = {0};
	enum exit_code code = unlock_recovery(POOL_SIZE, &unlocked);

	if (code != EXIT_DONE)
		return unlocked.identity.host ? ANOTHER : (int)code;
	return is_same(unlocked.identity.host, &expected) &&
			       memcmp(&unlocked.identity.recovery, &expected, sizeof expected) == 0
		       ? (int)code
		       : ANOTHER;
}

Test(unlock, with_the_recovery_phrase_is_the_recovery_recipient)
{
	CLEANUP_SECRET struct secret *phrase = NULL;
	char lines[256];
	WORLD world;

	world_init(&world);
	cr_assert_eq(recipient_phrase(world.recovery, world.pool, &phrase), 0);
	snprintf(lines, sizeof lines, "%.*s\n", (int)secret_size(phrase),
		 (const char *)secret_view(phrase));
	run(&world, lines, open_phrase);
	cr_expect_eq(world.code, EXIT_DONE, "%d: %s", world.code, world.said);
	/* one digit is another one */
	lines[0] = lines[0] == '0' ? '1' : '0';
	run(&world, lines, open_phrase);
	cr_expect_eq(world.code, EXIT_PASSPHRASE);
	cr_expect_not_null(strstr(world.said, "this is no recovery phrase"), "%s", world.said);
	cr_expect_null(strstr(world.said, lines), "what was typed is not repeated");
	run(&world, "", open_phrase);
	cr_expect_eq(world.code, EXIT_PASSPHRASE);
	cr_expect_not_null(strstr(world.said, "nobody gave the recovery phrase"), "%s", world.said);
	secret_freep(&phrase);
	phrase = NULL;
}

static int ask_new(struct world *world)
{
	CLEANUP_UNLOCKED struct unlocked unlocked = {0};
	CLEANUP_SECRET struct secret *passphrase = NULL;
	enum exit_code code = unlock_nothing(POOL_SIZE, &unlocked);

	(void)world;
	if (code == EXIT_DONE)
		code = unlock_new_passphrase(unlocked.pool, &passphrase);
	if (code != EXIT_DONE)
		return passphrase ? ANOTHER : (int)code;
	return memcmp(secret_view(passphrase), "8 bytes!", 8) == 0 ? (int)code : ANOTHER;
}

static const struct {
	const char *lines;
	enum exit_code code;
	const char *says;
} new_ones[] = {
	{"8 bytes!\n", EXIT_DONE, ""},
	{"8 bytes!", EXIT_DONE, ""},
	{"7 bytes\n", EXIT_PASSPHRASE, "at least 8 bytes"},
	{"\n", EXIT_PASSPHRASE, "at least 8 bytes"},
	{"", EXIT_PASSPHRASE, "nobody gave a passphrase"},
};

Test(unlock, a_new_passphrase_is_long_enough)
{
	for (size_t i = 0; i < sizeof new_ones / sizeof new_ones[0]; i++) {
		WORLD world;

		world_init(&world);
		run(&world, new_ones[i].lines, ask_new);
		cr_expect_eq(world.code, new_ones[i].code, "%zu: %d", i, world.code);
		cr_expect_not_null(strstr(world.said, new_ones[i].says), "%s", world.said);
	}
}
