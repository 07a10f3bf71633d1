#include "fs/unlock.h"

#include <string.h>

#include "fs/harden.h"
#include "fs/prompt.h"
#include "fs/trouble.h"
#include "store/source.h"

enum { TRIES = 3 }; /* on a terminal */

void unlocked_done(struct unlocked *unlocked)
{
	identity_done(&unlocked->identity);
	unlocked->pool = secret_pool_free(unlocked->pool);
}

static int ask(void *context, enum asker_question question, struct secret_pool *pool,
	       struct secret **ret)
{
	static const struct prompt prompts[] = {
		[ASK_PASSPHRASE] = {"Passphrase of this host's identity: ", false},
		[ASK_PHRASE] = {"Recovery phrase: ", true},
	};

	(void)context;
	return prompt_secret(&prompts[question], pool, ret);
}

static const struct asker asker = {.ask = ask};

/* Who has a terminal may err. */
static int load(struct secret_pool *pool, const struct source *source, int wrong,
		struct identity *ret)
{
	int r = source_load(pool, source, &asker, ret);

	for (int i = 1; r == wrong && i < TRIES && prompt_is_terminal(); i++) {
		fputs("That is not it.\n", stderr);
		r = source_load(pool, source, &asker, ret);
	}
	return r;
}

enum exit_code unlock_nothing(size_t memory, struct unlocked *ret)
{
	int r = harden_process();

	*ret = (struct unlocked){0};
	if (r < 0)
		return command_fail(EXIT_OTHER, "cannot give up core dumps: %s", strerror(-r));
	if (secret_pool_new(memory, &ret->pool) < 0)
		return command_fail(EXIT_MEMORY, "memory cannot be locked: raise the limit for "
						 "locked memory (ulimit -l)");
	return EXIT_DONE;
}

enum exit_code unlock(const struct settings *settings, size_t memory, struct unlocked *ret)
{
	enum exit_code code = unlock_nothing(memory, ret);
	struct source source;
	int r;

	if (code != EXIT_DONE)
		return code;
	r = source_parse(settings->store_identity, &source);
	if (r == 0)
		r = load(ret->pool, &source, -EKEYREJECTED, &ret->identity);
	return r < 0 ? trouble_say_identity(settings, r) : EXIT_DONE;
}

enum exit_code unlock_phrase(struct secret_pool *pool, struct identity *ret)
{
	const struct source source = {.kind = SOURCE_PHRASE};
	int r = load(pool, &source, -EBADMSG, ret);

	if (r == -EBADMSG)
		return command_fail(EXIT_PASSPHRASE, "this is no recovery phrase: it has 72 digits "
						     "and letters from a to f, of which the last "
						     "eight check the others");
	if (r == -ENODATA)
		return command_fail(EXIT_PASSPHRASE,
				    "nobody gave the recovery phrase: type it on a terminal, or "
				    "pass it on stdin");
	return r < 0 ? command_fail(EXIT_OTHER, "cannot read the recovery phrase: %s", strerror(-r))
		     : EXIT_DONE;
}

enum exit_code unlock_recovery(size_t memory, struct unlocked *ret)
{
	enum exit_code code = unlock_nothing(memory, ret);

	return code == EXIT_DONE ? unlock_phrase(ret->pool, &ret->identity) : code;
}

static bool are_equal(const struct secret *a, const struct secret *b)
{
	return secret_size(a) == secret_size(b) &&
	       memcmp(secret_view(a), secret_view(b), secret_size(a)) == 0;
}

static int ask_twice(struct secret_pool *pool, struct secret **ret)
{
	static const struct prompt first = {"New passphrase: ", false};
	static const struct prompt second = {"The same once more: ", false};
	CLEANUP_SECRET struct secret *one = NULL, *other = NULL;
	int r = prompt_secret(&first, pool, &one);

	if (r == 0 && secret_size(one) < PASSPHRASE_LENGTH_MIN)
		r = -EINVAL;
	if (r == 0 && prompt_is_terminal())
		r = prompt_secret(&second, pool, &other);
	if (r == 0 && other && !are_equal(one, other))
		r = -EKEYREJECTED;
	if (r == 0)
		*ret = TAKE_PTR(one);
	return r;
}

enum exit_code unlock_new_passphrase(struct secret_pool *pool, struct secret **ret)
{
	int r = ask_twice(pool, ret);

	if (r == -EINVAL)
		return command_fail(EXIT_PASSPHRASE, "a passphrase has at least %d bytes",
				    PASSPHRASE_LENGTH_MIN);
	if (r == -EKEYREJECTED)
		return command_fail(EXIT_PASSPHRASE, "these were two different ones");
	if (r == -ENODATA)
		return command_fail(EXIT_PASSPHRASE,
				    "nobody gave a passphrase: type it on a terminal, or pass it "
				    "on stdin");
	return r < 0 ? command_fail(EXIT_OTHER, "cannot read a passphrase: %s", strerror(-r))
		     : EXIT_DONE;
}
