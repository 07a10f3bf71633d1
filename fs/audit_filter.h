/*
 * Which lines of an audit log somebody wants to see. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/cleanup.h"

enum { AUDIT_TIME_SIZE = sizeof "2026-01-31T23:59:59.123456789Z" };

struct audit_filter {
	const char *user;	     /* NULL: any; a name, or a number */
	const char *path;	     /* a shell pattern */
	const char *operation;	     /* as it stands in the line */
	const char *result;	     /* the same; "refused": anything but ok */
	char since[AUDIT_TIME_SIZE]; /* "": from the beginning */
};

/* `2026-01-31`, `2026-01-31T23:59` or `2026-01-31T23:59:59`, UTC, with or without `Z`; or so long
 * ago: `30s`, `10m`, `2h`, `7d`. `now`: ns since 1970. -EINVAL. */
int audit_filter_since(const char *text, uint64_t now, char ret[AUDIT_TIME_SIZE]) MUST_CHECK;

/* The members of a line, in the order of its columns; NULL: not there. To be freed. */
enum audit_member {
	AUDIT_MEMBER_TIME,
	AUDIT_MEMBER_USER, /* or the uid */
	AUDIT_MEMBER_PID,
	AUDIT_MEMBER_PROGRAM,
	AUDIT_MEMBER_OPERATION,
	AUDIT_MEMBER_PATH, /* `from -> to` of a rename */
	AUDIT_MEMBER_RESULT,
	AUDIT_MEMBER_VERSION,
	AUDIT_MEMBERS,
};

struct audit_parts {
	char *list[AUDIT_MEMBERS];
};

void audit_parts_done(struct audit_parts *parts);
#define CLEANUP_AUDIT_PARTS CLEANUP(audit_parts_done)

/* Take a line apart, if it passes the filter: 1; 0 if it does not; -EBADMSG when it is none of a
 * log's; -ENOMEM. */
int audit_filter_take(const struct audit_filter *filter, const char *line, size_t size,
		      struct audit_parts *ret) MUST_CHECK;
