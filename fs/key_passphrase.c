#include <string.h>

#include "fs/key_work.h"
#include "store/source.h"

/* The identity is written anew as a whole: the seed is the same, so that nobody else has to know.
 */
enum exit_code key_passphrase(struct key_work *work)
{
	const char *path = work->settings->store_identity;
	const struct passphrase_cost cost = passphrase_cost_new();
	CLEANUP_SECRET struct secret *passphrase = NULL, *text = NULL;
	struct source source;
	enum exit_code code;
	int r;

	if (source_parse(path, &source) < 0 || source.kind != SOURCE_FILE)
		return command_fail(EXIT_CONFIGURATION, "%s: only in a file can it be changed",
				    path);
	code = unlock_new_passphrase(work->unlocked.pool, &passphrase);
	if (code != EXIT_DONE)
		return code;
	r = identity_format_sealed(&work->unlocked.identity, passphrase, &cost, &text);
	if (r == 0)
		r = identity_replace(path, text);
	if (r == -ENOMEM)
		return command_fail(EXIT_MEMORY,
				    "%s was not changed: a passphrase takes %d MiB of memory", path,
				    PASSPHRASE_MEBIBYTES);
	return r < 0 ? command_fail(EXIT_OTHER, "cannot write %s: %s", path, strerror(-r))
		     : EXIT_DONE;
}
