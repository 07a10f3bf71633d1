#include "fs/prompt.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>

#include "store/passphrase.h"

enum { ANSWER_MAX = PASSPHRASE_LENGTH_MAX };

bool prompt_is_terminal(void)
{
	return isatty(STDIN_FILENO) == 1;
}

/*
 * Signals are held back while the terminal does not echo: they are only looked at, and come when it
 * is as before.
 */
struct asking {
	const struct prompt *prompt;
	struct termios former;
	sigset_t signals, mask;
	int pending; /* readable when a signal waits; -1: no terminal */
};

static int asking_begin(struct asking *asking)
{
	static const int held[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
	struct termios quiet;

	if (!prompt_is_terminal())
		return 0;
	sigemptyset(&asking->signals);
	for (size_t i = 0; i < sizeof held / sizeof held[0]; i++)
		sigaddset(&asking->signals, held[i]);
	if (tcgetattr(STDIN_FILENO, &asking->former) < 0)
		return -errno;
	asking->pending = signalfd(-1, &asking->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (asking->pending < 0)
		return -errno;
	sigprocmask(SIG_BLOCK, &asking->signals, &asking->mask);
	quiet = asking->former;
	if (!asking->prompt->echo)
		quiet.c_lflag &= ~(tcflag_t)ECHO;
	/* What was typed ahead was not meant for this. */
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	(void)!write(STDERR_FILENO, asking->prompt->text, strlen(asking->prompt->text));
	return 0;
}

static void asking_end(struct asking *asking)
{
	if (asking->pending < 0)
		return;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &asking->former);
	if (!asking->prompt->echo)
		(void)!write(STDERR_FILENO, "\n", 1);
	close(asking->pending);
	asking->pending = -1;
	sigprocmask(SIG_SETMASK, &asking->mask, NULL);
}

/* Wait until there is something to read; -EINTR when it is a signal. */
static int await(const struct asking *asking)
{
	struct pollfd sources[] = {{.fd = asking->pending, .events = POLLIN},
				   {.fd = STDIN_FILENO, .events = POLLIN}};

	while (poll(sources, 2, -1) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return sources[0].revents ? -EINTR : 0;
}

/* Byte by byte, because what follows the line may be the answer to another question. */
static int read_line(const struct asking *asking, struct secret *line)
{
	uint8_t *bytes = secret_bytes(line);
	size_t size = 0;
	int r;

	for (;;) {
		ssize_t n;

		r = await(asking);
		if (r < 0)
			return r;
		n = read(STDIN_FILENO, &bytes[size], 1);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (n == 0 && size == 0)
			return -ENODATA;
		if (n == 0 || (n == 1 && bytes[size] == '\n'))
			return secret_resize(line, size);
		if (n == 1 && ++size > ANSWER_MAX)
			return -EFBIG;
	}
}

static int ask(const struct prompt *prompt, struct secret *line, bool *ret_stopped)
{
	CLEANUP(asking_end) struct asking asking = {.prompt = prompt, .pending = -1};
	sigset_t pending;
	int r = asking_begin(&asking);

	if (r == 0)
		r = read_line(&asking, line);
	*ret_stopped = r == -EINTR && sigpending(&pending) == 0 &&
		       sigismember(&pending, SIGTSTP) == 1;
	return r;
}

int prompt_secret(const struct prompt *prompt, struct secret_pool *pool, struct secret **ret)
{
	CLEANUP_SECRET struct secret *line = NULL;
	bool stopped = false;
	int r = secret_zeros(pool, ANSWER_MAX + 1, &line);

	if (r < 0)
		return r;
	/* One that was stopped asks again when it goes on. */
	do
		r = ask(prompt, line, &stopped);
	while (stopped);
	if (r < 0)
		return r == -EINTR ? -ECANCELED : r;
	*ret = TAKE_PTR(line);
	return 0;
}
