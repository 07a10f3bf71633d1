/*
 * Sources: where a host's identity can come from. One table in source.c has a row for each. Nobody
 * but its owner and root may be able to come at what a source reads. One thread at a time.
 */
#pragma once

#include "store/identity.h"

enum source_kind {
	SOURCE_FILE,	   /* `name`: a path */
	SOURCE_CREDENTIAL, /* `name`: of a credential that systemd has handed to this service */
	SOURCE_DESCRIPTOR, /* `descriptor`: open for reading, from its beginning */
	SOURCE_PHRASE,	   /* what is asked for is the recovery phrase: the recovery recipient's */
	SOURCE_KINDS,
};

struct source {
	enum source_kind kind;
	const char *name;
	int descriptor;
};

/* What an operator writes: an absolute path, or `credential:NAME`; `name` is borrowed from it.
 * -EINVAL. */
int source_parse(const char *text, struct source *ret) MUST_CHECK;

/* The identity. -ENOENT: there is none; -ENXIO: no credentials were handed to this process; -EACCES
 * when group or others may read or write it, or somebody else owns it, or it is no regular file;
 * other errors of identity_parse(), and from the file. On success the caller owns `ret`. */
int source_load(struct secret_pool *pool, const struct source *source, const struct asker *asker,
		struct identity *ret) MUST_CHECK;

/* Open what it is read from, for one who may not: a worker reads the descriptor as
 * SOURCE_DESCRIPTOR. Nothing is read. Errors as above; -EINVAL for a phrase. */
int source_open(const struct source *source, int *ret) MUST_CHECK;

/* Whether somebody will have to be asked for a passphrase, as far as that can be told. Reads
 * nothing that is secret. */
bool source_asks(const struct source *source);
