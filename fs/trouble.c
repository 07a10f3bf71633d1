#include "fs/trouble.h"

#include <string.h>

struct trouble {
	int error;
	enum exit_code code;
	const char *advice;
};

static const struct trouble identity[] = {
	{-ENOENT, EXIT_NO_IDENTITY, "there is no such key file: credfs init makes one"},
	{-EACCES, EXIT_IDENTITY_OPEN,
	 "others can read this key file, or it is not yours: chown it to root and chmod 0400"},
	{-EBADMSG, EXIT_IDENTITY_DAMAGED, "this key file is damaged: restore it from a backup"},
	{-EPERM, EXIT_MEMORY, "memory cannot be locked: raise the limit (ulimit -l)"},
	{0},
};

static const struct trouble store[] = {
	{-ENOENT, EXIT_NO_STORE, "there is no store: credfs init makes one"},
	{-EPROTONOSUPPORT, EXIT_STORE_VERSION,
	 "this store was made by another version of credfs: use that version"},
	{-EBADMSG, EXIT_STORE_DAMAGED, "this store is damaged: credfs restore puts a backup back"},
	{-EMEDIUMTYPE, EXIT_MISMATCH,
	 "this store has none of the organisations that this host knows: it belongs to another "
	 "identity, or is older than all of them; put the right one back, or let credfs restore "
	 "show what the store holds and ask whether it is to be trusted"},
	{-EBUSY, EXIT_STORE_BUSY, "another daemon has this store open: unmount that one first"},
	{-ENOTSUP, EXIT_OTHER, "a store must lie on a local file system"},
	{-EPERM, EXIT_MEMORY, "memory cannot be locked: raise the limit (ulimit -l)"},
	{0},
};

static const struct trouble pins[] = {
	{-ENOKEY, EXIT_MISMATCH,
	 "this host's list of organisations, and of how far it has seen each, is missing: credfs "
	 "restore shows what the store holds and asks whether it is to be trusted"},
	{-EKEYREJECTED, EXIT_MISMATCH,
	 "this list of organisations is damaged, is of another identity or cannot be read: put the "
	 "right one back, or let credfs restore show what the store holds and ask whether it is to "
	 "be trusted"},
	{0},
};

static const struct trouble *const tables[] = {
	[TROUBLE_IDENTITY] = identity,
	[TROUBLE_STORE] = store,
	[TROUBLE_PINS] = pins,
};
_Static_assert(sizeof tables / sizeof tables[0] == TROUBLE_FILES, "a table for each file");

enum exit_code trouble_say(enum trouble_file file, const char *path, int error)
{
	for (const struct trouble *trouble = tables[file]; trouble->error; trouble++) {
		if (trouble->error == error)
			return command_fail(trouble->code, "%s: %s", path, trouble->advice);
	}
	return command_fail(EXIT_OTHER, "%s: %s", path, strerror(-error));
}

enum exit_code trouble_say_open(const struct settings *settings, int error)
{
	if (error == -ENOKEY || error == -EKEYREJECTED)
		return trouble_say(TROUBLE_PINS, settings->store_pins, error);
	return trouble_say(TROUBLE_STORE, settings->store_path, error);
}
