/*
 * A line of the audit log: what somebody did, as one JSON object. Its members, in this order, are
 * an interface: time (RFC 3339, UTC, with nanoseconds), host, uid, user, pid, program, operation,
 * path, to, result, version, fields, count. A member that has nothing to say is left out. Never a
 * value.
 *
 * Written by hand, not by jansson, because a line is written before each value that is read, and
 * building a tree of objects for it takes longer than sealing it. Pure.
 */
#pragma once

#include <sys/types.h>

#include "store/audit.h"

enum audit_operation {
	AUDIT_READ,	  /* a value was handed to an open file */
	AUDIT_CREATE,	  /* a field got a value and had none */
	AUDIT_SAVE,	  /* and had another one */
	AUDIT_DELETE,	  /* a field lost its value */
	AUDIT_RENAME,	  /* `to` is its path from then on, or that of the copy */
	AUDIT_MKDIR,	  /* an organisation, project or account was made */
	AUDIT_RMDIR,	  /* or removed */
	AUDIT_LINK,	  /* a project inherits an account */
	AUDIT_UNLINK,	  /* or no longer */
	AUDIT_ROLE,	  /* who holds a role */
	AUDIT_PROVIDER,	  /* which provider an account is of */
	AUDIT_RESTORE,	  /* a value came back because what was to replace it was refused */
	AUDIT_ATTRIBUTES, /* chmod, chown, setfacl: refused */
	AUDIT_LOST,	  /* so many lines could not be written (`count`) */
	AUDIT_TORN,	  /* so many bytes of an unfinished line were cut off (`count`) */
	AUDIT_OPERATIONS,
};

struct audit_event {
	uint64_t time; /* ns since 1970 */
	const char *host;
	uid_t uid;
	const char *user; /* NULL: not known */
	pid_t pid;
	const char *program; /* NULL: not known */
	enum audit_operation operation;
	const char *path;   /* below the mount */
	const char *to;	    /* NULL: none */
	int result;	    /* 0 or -errno */
	uint64_t version;   /* of a field's value; 0: none */
	uint64_t count;	    /* 0: none */
	const char *fields; /* of a file that is made of several values: "NAME:VERSION" a line; as
			     * many as there is room for, and `count` are left out. NULL: none */
};

const char *audit_operation_name(enum audit_operation operation);

/* The line, newline included, no NUL. -EFBIG when it would be longer than AUDIT_LINE_MAX. */
int audit_line_make(const struct audit_event *event, char ret[AUDIT_LINE_MAX],
		    size_t *ret_size) MUST_CHECK;
