#include "fs/trouble.h"

#include <string.h>

#include "store/source.h"

struct trouble {
	int error;
	enum exit_code code;
	const char *advice;
};

/* Of an identity, wherever it comes from. */
static const struct trouble any_identity[] = {
	{-ERANGE, EXIT_IDENTITY_DAMAGED,
	 "its passphrase costs less or more than is accepted (3 to 10 passes over 64 MiB to 2 "
	 "GiB): somebody has altered it; restore it from a backup"},
	{-ENODATA, EXIT_PASSPHRASE,
	 "it takes a passphrase, and nobody gave one: type it on a terminal, or pass it on stdin"},
	{-EKEYREJECTED, EXIT_PASSPHRASE,
	 "the passphrase does not open it: it is another one, or the identity was altered"},
	{-ECANCELED, EXIT_PASSPHRASE, "interrupted"},
	{-ENOMEM, EXIT_MEMORY,
	 "there is not enough memory to open it: with a passphrase that takes as much as it says "
	 "itself, 256 MiB unless it was made otherwise"},
	{-EPERM, EXIT_MEMORY, "memory cannot be locked: raise the limit (ulimit -l)"},
	{0},
};

static const struct trouble identity[] = {
	{-ENOENT, EXIT_NO_IDENTITY, "there is no such key file: credfs init makes one"},
	{-EACCES, EXIT_IDENTITY_OPEN,
	 "others can read this key file, or it is not yours: chown it to root and chmod 0400"},
	{-EBADMSG, EXIT_IDENTITY_DAMAGED, "this key file is damaged: restore it from a backup"},
	{0},
};

static const struct trouble credential[] = {
	{-ENXIO, EXIT_NO_IDENTITY,
	 "no credentials were handed to this process: $CREDENTIALS_DIRECTORY is not set, or not "
	 "there. Run it as a service that has LoadCredential= or LoadCredentialEncrypted="},
	{-ENOENT, EXIT_NO_IDENTITY,
	 "no credential of this name was handed to this process: see LoadCredential= and "
	 "LoadCredentialEncrypted= of its service"},
	{-EACCES, EXIT_IDENTITY_OPEN,
	 "others can come at this credential or its directory, or it is somebody else's: it must "
	 "be of mode 0400, in a directory that nobody else may write to"},
	{-EBADMSG, EXIT_IDENTITY_DAMAGED,
	 "this credential is not an identity as credfs init makes it"},
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
	[TROUBLE_CREDENTIAL] = credential,
	[TROUBLE_STORE] = store,
	[TROUBLE_PINS] = pins,
};
_Static_assert(sizeof tables / sizeof tables[0] == TROUBLE_FILES, "a table for each file");

static const struct trouble *find(const struct trouble *table, int error)
{
	for (; table->error; table++) {
		if (table->error == error)
			return table;
	}
	return NULL;
}

enum exit_code trouble_say(enum trouble_file file, const char *path, int error)
{
	const bool is_identity = file == TROUBLE_IDENTITY || file == TROUBLE_CREDENTIAL;
	const struct trouble *trouble = find(tables[file], error);

	if (!trouble && is_identity)
		trouble = find(any_identity, error);
	if (trouble)
		return command_fail(trouble->code, "%s: %s", path, trouble->advice);
	return command_fail(EXIT_OTHER, "%s: %s", path, strerror(-error));
}

enum exit_code trouble_say_identity(const struct settings *settings, int error)
{
	const char *name = settings->store_identity;
	struct source source = {0};
	const bool is_credential = source_parse(name, &source) == 0 &&
				   source.kind == SOURCE_CREDENTIAL;

	return trouble_say(is_credential ? TROUBLE_CREDENTIAL : TROUBLE_IDENTITY, name, error);
}

enum exit_code trouble_say_open(const struct settings *settings, int error)
{
	if (error == -ENOKEY || error == -EKEYREJECTED)
		return trouble_say(TROUBLE_PINS, settings->store_pins, error);
	return trouble_say(TROUBLE_STORE, settings->store_path, error);
}
