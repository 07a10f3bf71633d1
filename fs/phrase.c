#include "fs/phrase.h"

#include <string.h>

#include "fs/command.h"
#include "fs/prompt.h"

enum { TRIES = 3 }; /* on a terminal */

static int write_all(const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	while (size) {
		const ssize_t written = write(STDOUT_FILENO, at, size);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			at += written;
			size -= (size_t)written;
		}
	}
	return 0;
}

/* Straight from locked memory: stdio would keep a copy. */
static int show(struct secret_pool *pool, const struct recipient *recovery)
{
	static const char before[] =
		"Recovery phrase, shown this once. Write it on paper: it opens the store when this "
		"host's\nidentity is lost, and it opens it for anybody who has it.\n\n    ";
	CLEANUP_SECRET struct secret *phrase = NULL;
	int r = recipient_phrase(recovery, pool, &phrase);

	if (r < 0)
		return r;
	r = write_all(before, sizeof before - 1);
	if (r == 0)
		r = write_all(secret_view(phrase), secret_size(phrase));
	return r < 0 ? r : write_all("\n\n", 2);
}

/* -EKEYREJECTED when it is another one; errors of prompt_secret(). */
static int read_back(struct secret_pool *pool, const struct recipient *recovery)
{
	static const struct prompt prompt = {"Type it to show that you have it: ", true};
	CLEANUP(recipient_freep) struct recipient *typed = NULL;
	CLEANUP_SECRET struct secret *phrase = NULL;
	int r = prompt_secret(&prompt, pool, &phrase);

	if (r < 0)
		return r;
	r = recipient_from_phrase(pool, (const char *)secret_view(phrase), secret_size(phrase),
				  &typed);
	if (r == 0 && memcmp(recipient_public(typed), recipient_public(recovery),
			     sizeof(struct recipient_public)) != 0)
		r = -EKEYREJECTED;
	return r == -EBADMSG ? -EKEYREJECTED : r;
}

static enum exit_code confirm_it(struct secret_pool *pool, const struct recipient *recovery)
{
	int r = read_back(pool, recovery);

	for (int i = 1; r == -EKEYREJECTED && i < TRIES && prompt_is_terminal(); i++) {
		fputs("That is not it.\n", stderr);
		r = read_back(pool, recovery);
	}
	if (r == 0)
		return EXIT_DONE;
	if (r == -ENODATA || r == -EKEYREJECTED || r == -ECANCELED || r == -EFBIG)
		return command_fail(EXIT_UNCONFIRMED,
				    "nothing was created: the recovery phrase was not typed back. "
				    "On a terminal you are asked for it, a program passes it on "
				    "stdin; --unconfirmed does without, --no-recovery makes none");
	return command_fail(EXIT_OTHER, "nothing was created: cannot read the phrase: %s",
			    strerror(-r));
}

enum exit_code phrase_show(struct secret_pool *pool, const struct recipient *recovery, bool confirm)
{
	int r = show(pool, recovery);

	if (r < 0)
		return command_fail(EXIT_OTHER, "nothing was created: cannot write to stdout: %s",
				    strerror(-r));
	return confirm ? confirm_it(pool, recovery) : EXIT_DONE;
}
