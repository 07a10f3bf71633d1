/*
 * Settings: /etc/credfs/credfs.conf, INI. One table in settings.c lists every section and key with
 * its default; anything else in the file is an error. Read once; read-only after; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "conf/principal.h"
#include "conf/role.h"
#include "conf/error.h"
#include "conf/value.h"

struct settings {
	char *store_path;     /* [store] path, /var/lib/credfs/store.db */
	char *store_identity; /* [store] identity, /var/lib/credfs/identity: see source.h */
	/* [store] pins: the identity's path with ".pins" appended; where that is no path,
	 * identity.pins beside the store */
	char *store_pins;
	struct principals admins; /* [store] admins = user:root */
	char *daemon_user;	  /* [daemon] user: NULL unless set */
	unsigned daemon_watchdog; /* [daemon] watchdog = 60: seconds a worker may hang */
	char *providers;	  /* [providers] directory, /etc/credfs/providers.d */
	unsigned history;	  /* [history] keep = 10: earlier values kept, 0 to 1000 */
	uint64_t memory;	  /* [memory] limit = 64M: bytes that may be locked, at least 4M */
	char **scratch; /* [scratch] patterns, NULL-terminated: blank-separated shell patterns */
	uint64_t scratch_file;	    /* [scratch] file = 1M: the longest scratch file */
	uint64_t scratch_total;	    /* [scratch] total = 16M: all of them together */
	unsigned scratch_files;	    /* [scratch] files = 64: of one user in one directory */
	unsigned scratch_expire;    /* [scratch] expire = 600: seconds after the last close */
	unsigned scratch_backup;    /* [scratch] expire_backup = 86400: of *.bak and *.new */
	enum audit_mode audit_mode; /* [audit] mode = required */
	char *audit_directory;	    /* [audit] directory: the store's path with ".audit" appended */
	uint64_t audit_spool; /* [audit] spool = 4G: of each organisation's log, at least 4M */
	bool connections;     /* [features] connections = no: data connections, own accounts */
	struct roles roles;   /* [role NAME] scope, permissions */
};

/* The file that is meant: NULL is the default path. */
const char *settings_path(const char *path);

/* NULL: the default path, which may be missing. -EINVAL, -ENOENT and other -errno with `error`
 * set. */
int settings_load(const char *path, struct settings **ret, struct conf_error *error) MUST_CHECK;
struct settings *settings_free(struct settings *settings);
DEFINE_CLEANUP(struct settings, settings_free);

/* Whether a name matches one of the scratch patterns (fnmatch, a leading dot is no exception). */
bool settings_name_is_scratch(const struct settings *settings, const char *name);
