#include "fs/prompt.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>

static const struct prompt quiet = {"Passphrase: ", false}, loud = {"Phrase: ", true};

static struct secret_pool *new_pool(void)
{
	struct secret_pool *pool = NULL;

	cr_assert_eq(secret_pool_new(1 << 20, &pool), 0);
	return pool;
}
#define POOL CLEANUP(secret_pool_freep) struct secret_pool

/* What a pipe answers that holds these bytes and has no writer any more. */
static void pipe_in(const char *bytes, size_t size)
{
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], bytes, size), (ssize_t)size);
	close(ends[1]);
	cr_assert_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	close(ends[0]);
}

static int answer(struct secret_pool *pool, char ret[PIPE_BUF])
{
	CLEANUP_SECRET struct secret *secret = NULL;
	int r = prompt_secret(&quiet, pool, &secret);

	if (r == 0) {
		memcpy(ret, secret_view(secret), secret_size(secret));
		ret[secret_size(secret)] = '\0';
	}
	return r;
}

static const struct {
	const char *bytes;
	int results[3];
	const char *answers[3];
} lines[] = {
	{"", {-ENODATA, -ENODATA, -ENODATA}, {0}},
	{"\n", {0, -ENODATA, -ENODATA}, {""}},
	{"one\ntwo\nthree\n", {0, 0, 0}, {"one", "two", "three"}},
	{"one\n\nthree", {0, 0, 0}, {"one", "", "three"}},
	{"no newline", {0, -ENODATA, -ENODATA}, {"no newline"}},
	{" blanks \t\r\n", {0, -ENODATA, -ENODATA}, {" blanks \t\r"}},
};

Test(prompt, reads_one_line_of_a_pipe_and_leaves_the_next)
{
	POOL *pool = new_pool();
	char line[PIPE_BUF];

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		pipe_in(lines[i].bytes, strlen(lines[i].bytes));
		cr_expect_not(prompt_is_terminal());
		for (size_t j = 0; j < 3; j++) {
			cr_expect_eq(answer(pool, line), lines[i].results[j], "%zu, %zu", i, j);
			if (lines[i].answers[j])
				cr_expect_str_eq(line, lines[i].answers[j]);
		}
	}
}

Test(prompt, takes_1024_bytes_and_no_more)
{
	POOL *pool = new_pool();
	char line[PIPE_BUF], bytes[1026];

	memset(bytes, 'x', sizeof bytes);
	bytes[1024] = '\n';
	pipe_in(bytes, 1025);
	cr_expect_eq(answer(pool, line), 0);
	cr_expect_eq(strlen(line), 1024);
	bytes[1024] = 'x';
	bytes[1025] = '\n';
	pipe_in(bytes, 1026);
	cr_expect_eq(answer(pool, line), -EFBIG);
}

Test(prompt, asks_nothing_where_there_is_no_terminal)
{
	POOL *pool = new_pool();
	char line[PIPE_BUF];
	int ends[2];

	cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
	pipe_in("one\n", 4);
	dup2(ends[1], STDERR_FILENO);
	cr_expect_eq(answer(pool, line), 0);
	cr_expect_eq(read(ends[0], line, 1), -1, "nothing was written");
}

/* One who sits at a terminal of his own, at which a child asks. */
struct sitting {
	int terminal;
	pid_t pid;
	char screen[256]; /* all that was shown */
};

enum { ANSWERED = 0, OTHER_ANSWER = 9, FAILED = 10 };

/* The child's exit code is a number below FAILED, or that and an -errno. */
static struct sitting sit(const struct prompt *prompt, int (*ask)(const struct prompt *prompt))
{
	struct sitting sitting = {0};

	sitting.pid = forkpty(&sitting.terminal, NULL, NULL, NULL);
	cr_assert_geq(sitting.pid, 0);
	if (sitting.pid == 0)
		_exit(ask(prompt));
	return sitting;
}

/* Until the screen shows it, for at most ten seconds. */
static void wait_for(struct sitting *sitting, const char *text)
{
	struct pollfd source = {.fd = sitting->terminal, .events = POLLIN};

	while (!strstr(sitting->screen, text)) {
		const size_t length = strlen(sitting->screen);
		ssize_t n;

		cr_assert_eq(poll(&source, 1, 10000), 1, "no %s in: %s", text, sitting->screen);
		n = read(sitting->terminal, sitting->screen + length,
			 sizeof sitting->screen - 1 - length);
		cr_assert_gt(n, 0, "no %s in: %s", text, sitting->screen);
	}
}

static void type(struct sitting *sitting, const char *keys)
{
	cr_assert_eq(write(sitting->terminal, keys, strlen(keys)), (ssize_t)strlen(keys));
}

static bool echoes(const struct sitting *sitting)
{
	struct termios settings;

	cr_assert_eq(tcgetattr(sitting->terminal, &settings), 0);
	return (settings.c_lflag & ECHO) != 0;
}

/* How the child ended: its exit code, or 1000 and the signal. */
static int leave(struct sitting *sitting)
{
	int status = 0;

	cr_assert_eq(waitpid(sitting->pid, &status, 0), sitting->pid);
	close(sitting->terminal);
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int ask_once(const struct prompt *prompt)
{
	struct secret_pool *pool = NULL;
	struct secret *secret = NULL;
	int r = secret_pool_new(1 << 20, &pool);

	if (r == 0)
		r = prompt_secret(prompt, pool, &secret);
	if (r < 0)
		return FAILED - r;
	(void)!write(STDERR_FILENO, "asked", 5);
	return secret_size(secret) == 4 && memcmp(secret_view(secret), "word", 4) == 0
		       ? ANSWERED
		       : OTHER_ANSWER;
}

Test(prompt, at_a_terminal_shows_the_question_and_not_the_answer, .timeout = 60)
{
	struct sitting sitting = sit(&quiet, ask_once);

	wait_for(&sitting, "Passphrase: ");
	cr_expect_not(echoes(&sitting));
	type(&sitting, "word\n");
	wait_for(&sitting, "asked");
	cr_expect(echoes(&sitting), "it is as before");
	cr_expect_null(strstr(sitting.screen, "word"), "%s", sitting.screen);
	cr_expect_eq(leave(&sitting), ANSWERED);
}

Test(prompt, at_a_terminal_shows_what_is_no_secret_from_who_types_it, .timeout = 60)
{
	struct sitting sitting = sit(&loud, ask_once);

	wait_for(&sitting, "Phrase: ");
	cr_expect(echoes(&sitting));
	type(&sitting, "word\n");
	wait_for(&sitting, "word");
	wait_for(&sitting, "asked");
	cr_expect_eq(leave(&sitting), ANSWERED);
}

Test(prompt, at_a_terminal_can_be_left_without_an_answer, .timeout = 60)
{
	struct sitting sitting = sit(&quiet, ask_once);

	wait_for(&sitting, "Passphrase: ");
	type(&sitting, "\4");
	cr_expect_eq(leave(&sitting), FAILED + ENODATA);
}

static void nothing(int signal)
{
	(void)signal;
}

/* A program that a signal does not end. */
static int ask_and_survive(const struct prompt *prompt)
{
	struct termios settings;
	int result;

	signal(SIGINT, nothing);
	result = ask_once(prompt);
	if (tcgetattr(STDIN_FILENO, &settings) < 0 || !(settings.c_lflag & ECHO))
		return OTHER_ANSWER;
	return result;
}

Test(prompt, is_cancelled_by_a_signal_that_does_not_end_the_program, .timeout = 60)
{
	struct sitting sitting = sit(&quiet, ask_and_survive);

	wait_for(&sitting, "Passphrase: ");
	type(&sitting, "wo\3");
	cr_expect_eq(leave(&sitting), FAILED + ECANCELED);
}

Test(prompt, leaves_the_terminal_as_it_was_to_a_signal_that_ends_the_program, .timeout = 60)
{
	int master, slave;
	struct sitting sitting;
	char name[64];

	/* Somebody else keeps the terminal, so that it can be looked at afterwards. */
	cr_assert_eq(openpty(&master, &slave, name, NULL, NULL), 0);
	sitting = (struct sitting){.terminal = master, .pid = fork()};
	cr_assert_geq(sitting.pid, 0);
	if (sitting.pid == 0) {
		setsid();
		dup2(open(name, O_RDWR), STDIN_FILENO);
		dup2(STDIN_FILENO, STDERR_FILENO);
		_exit(ask_once(&quiet));
	}
	wait_for(&sitting, "Passphrase: ");
	cr_expect_not(echoes(&sitting));
	type(&sitting, "wo\3");
	cr_expect_eq(waitpid(sitting.pid, &(int){0}, 0), sitting.pid);
	cr_expect(echoes(&sitting));
	close(slave);
	close(master);
}

/* A shell: who asks is its job in the foreground, and is continued as soon as it has stopped. */
static int ask_as_a_job(const struct prompt *prompt)
{
	struct termios settings;
	int status = 0;
	const pid_t job = fork();

	signal(SIGTTOU, SIG_IGN);
	if (job == 0) {
		setpgid(0, 0);
		tcsetpgrp(STDIN_FILENO, getpid());
		signal(SIGTTOU, SIG_DFL);
		_exit(ask_once(prompt));
	}
	if (job < 0 || waitpid(job, &status, WUNTRACED) != job)
		return OTHER_ANSWER;
	if (!WIFSTOPPED(status) || tcgetattr(STDIN_FILENO, &settings) < 0 ||
	    !(settings.c_lflag & ECHO))
		return OTHER_ANSWER;
	(void)!write(STDERR_FILENO, "stopped", 7);
	kill(job, SIGCONT);
	waitpid(job, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : OTHER_ANSWER;
}

Test(prompt, asks_again_when_it_was_stopped, .timeout = 60)
{
	struct sitting sitting = sit(&quiet, ask_as_a_job);

	wait_for(&sitting, "Passphrase: ");
	type(&sitting, "wo\32");
	wait_for(&sitting, "stoppedPassphrase: ");
	type(&sitting, "word\n");
	cr_expect_eq(leave(&sitting), ANSWERED);
}

/* The answer to what comes next, typed too early by who did not see what is asked. */
Test(prompt, does_not_take_what_was_typed_ahead, .timeout = 60)
{
	struct sitting sitting = {0};
	int go[2];

	cr_assert_eq(pipe(go), 0);
	sitting.pid = forkpty(&sitting.terminal, NULL, NULL, NULL);
	cr_assert_geq(sitting.pid, 0);
	if (sitting.pid == 0) {
		(void)!read(go[0], &(char){0}, 1);
		_exit(ask_once(&quiet));
	}
	type(&sitting, "early\n");
	wait_for(&sitting, "early");
	cr_assert_eq(write(go[1], "", 1), 1);
	wait_for(&sitting, "Passphrase: ");
	type(&sitting, "word\n");
	cr_expect_eq(leave(&sitting), ANSWERED);
}
