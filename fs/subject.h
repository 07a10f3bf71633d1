/*
 * The subject of an attempt: an account's directory in a mount, or a login of a connection, read as
 * the caller. Its fields are read when they are asked for, into locked memory. One thread.
 */
#pragma once

#include "conf/rendering.h"

struct subject {
	int directory;
	int beside;		  /* where its name or link is: the connection of a login */
	struct secret_pool *pool; /* the caller's */
	char provider[64];
};

/* -ENOTDIR; -ENOENT when it is no account; -EACCES; other -errno. */
int subject_open(const char *path, struct secret_pool *pool, struct subject *ret) MUST_CHECK;
void subject_done(struct subject *subject);
#define CLEANUP_SUBJECT CLEANUP(subject_done)

/* The value of a field. -ENOENT when it is not set; -EFBIG; other -errno. */
int subject_get(const struct subject *subject, const char *field, struct secret **ret) MUST_CHECK;
/* The same of a field of the connection that it was reached through. */
int subject_get_beside(const struct subject *subject, const char *field,
		       struct secret **ret) MUST_CHECK;

struct rendering_source subject_source(struct subject *subject);
