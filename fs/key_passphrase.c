#include <string.h>

#include "fs/key_work.h"
#include "store/source.h"

enum exit_code key_passphrase_check(const struct key_work *work)
{
	const char *path = work->settings->store_identity;
	struct source source;

	if (source_parse(path, &source) < 0 || source.kind != SOURCE_FILE)
		return command_fail(EXIT_CONFIGURATION, "%s: only in a file can it be changed",
				    path);
	if (!work->options->remove)
		return EXIT_DONE;
	/* One that is missing, or that others can read, is told when it is opened. */
	if (access(path, F_OK) == 0 && !source_asks(&source))
		return command_fail(EXIT_OTHER, "%s takes no passphrase", path);
	fprintf(stderr,
		"Without its passphrase %s is the key itself: whoever has this file, or a copy of "
		"it, has the key.\n",
		path);
	return EXIT_DONE;
}

/* Either form. */
static enum exit_code format(struct key_work *work, struct secret **ret)
{
	const char *path = work->settings->store_identity;
	const struct passphrase_cost cost = passphrase_cost_new();
	CLEANUP_SECRET struct secret *passphrase = NULL;
	enum exit_code code = EXIT_DONE;
	int r;

	if (!work->options->remove)
		code = unlock_new_passphrase(work->unlocked.pool, &passphrase);
	if (code != EXIT_DONE)
		return code;
	r = passphrase ? identity_format_sealed(&work->unlocked.identity, passphrase, &cost, ret)
		       : identity_format(&work->unlocked.identity, ret);
	if (r == -ENOMEM && passphrase)
		return command_fail(EXIT_MEMORY,
				    "%s was not changed: a passphrase takes %d MiB of memory", path,
				    PASSPHRASE_MEBIBYTES);
	return r < 0 ? command_fail(EXIT_OTHER, "%s was not changed: %s", path, strerror(-r))
		     : EXIT_DONE;
}

/* The identity is written anew as a whole: the seed is the same, so that nobody else has to know.
 */
enum exit_code key_passphrase(struct key_work *work)
{
	const char *path = work->settings->store_identity;
	CLEANUP_SECRET struct secret *text = NULL;
	enum exit_code code = format(work, &text);
	int r;

	if (code != EXIT_DONE)
		return code;
	r = identity_replace(path, text);
	return r < 0 ? command_fail(EXIT_OTHER, "cannot write %s: %s", path, strerror(-r))
		     : EXIT_DONE;
}
