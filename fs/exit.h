/*
 * Exit codes: one list, part of the interface; the manual shows the same. Only main() exits with
 * them.
 */
#pragma once

enum exit_code {
	EXIT_DONE = 0,
	EXIT_OTHER = 1,		/* any other failure */
	EXIT_USAGE = 2,		/* unknown command or option */
	EXIT_CONFIGURATION = 3, /* a configuration file is wrong or missing */
	EXIT_MOUNTED = 4,	/* something of ours is mounted there already */
	EXIT_NO_IDENTITY = 5,	/* the key file is missing */
	EXIT_IDENTITY_OPEN = 6, /* the key file can be read by others, or is somebody else's */
	EXIT_IDENTITY_DAMAGED = 7,
	EXIT_NO_STORE = 8,
	EXIT_STORE_VERSION = 9, /* the store, or part of it, is of another version */
	EXIT_STORE_DAMAGED = 10,
	EXIT_MEMORY = 11, /* memory cannot be locked, or is too little for a passphrase */
	EXIT_EXISTS = 12, /* init: there is something already */
	EXIT_NOT_ROOT = 13,
	EXIT_CANNOT_MOUNT = 14,
	EXIT_STORE_BUSY = 15,	/* another daemon has the store open */
	EXIT_MISMATCH = 16,	/* identity, pins and store do not belong together */
	EXIT_WRONG = 17,	/* check, audit --verify: something is wrong */
	EXIT_UNCONFIRMED = 18,	/* asked, and nobody said yes */
	EXIT_NOT_MANAGER = 19,	/* key: this host does not manage the organisation */
	EXIT_LAST_MANAGER = 20, /* key: nobody could manage it any more */
	EXIT_NO_ORGANISATION = 21,
	EXIT_NO_RECIPIENT = 22,
	EXIT_PASSPHRASE = 23,  /* a passphrase or phrase is wrong, or nobody gave one */
	EXIT_REJECTED = 24,    /* test: the provider does not take the credential */
	EXIT_UNREACHABLE = 25, /* test: what it thinks of it cannot be told */
	EXIT_UNTRIED = 26,     /* test: there is no way to try it */
	EXIT_NOT_RUN = 125,    /* exec: the program was not run */
	EXIT_CANNOT_RUN = 126, /* exec: it cannot be run */
	EXIT_NO_PROGRAM = 127, /* exec: there is no such program */
};
