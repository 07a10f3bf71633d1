/*
 * The identity: a host's recipient, and the public half of the recovery recipient to which every
 * new organisation's key is sealed as well. As text it has two forms: one that holds the host's
 * seed as it is, and one that holds it sealed with a passphrase. Where the text lies, source.h
 * says. One thread at a time.
 */
#pragma once

#include <stdbool.h>

#include "store/asker.h"
#include "store/passphrase.h"
#include "store/recipient.h"

struct identity {
	struct recipient *host;
	struct recipient_public recovery;
	bool has_recovery;
};

void identity_done(struct identity *identity);
#define CLEANUP_IDENTITY CLEANUP(identity_done)

/* A text of this size or more is no identity's. */
enum { IDENTITY_TEXT_MAX = 4096 };

/* The first form. -ENOMEM, -EPERM as secret_new(); the caller owns `ret`. */
int identity_format(const struct identity *identity, struct secret **ret) MUST_CHECK;
/* The second one, of what `passphrase` opens. Errors of passphrase_seal(). */
int identity_format_sealed(const struct identity *identity, const struct secret *passphrase,
			   const struct passphrase_cost *cost, struct secret **ret) MUST_CHECK;

/* Whether a text is of the second form, told by how it begins. */
bool identity_is_sealed(const char *text, size_t size);

/* Either form. `asker` is asked for the passphrase of the second, once all else about it is found
 * to be right; NULL: there is nobody. -EBADMSG when the text is damaged; -ERANGE when it costs less
 * or more than is accepted (passphrase.h); -ENODATA without an answer; -EKEYREJECTED when the
 * answer does not open it; -ENOMEM, also for the memory that the passphrase costs; -EPERM when
 * memory cannot be locked. On success the caller owns `ret` (identity_done). */
int identity_parse(struct secret_pool *pool, const struct secret *text, const struct asker *asker,
		   struct identity *ret) MUST_CHECK;

/* Create a file of such a text (mode 0400, durable) and never overwrite: -EEXIST. Other -errno from
 * the file. */
int identity_save(const char *path, const struct secret *text) MUST_CHECK;
/* Put it, durably and as a whole, in the place of the one that is there. */
int identity_replace(const char *path, const struct secret *text) MUST_CHECK;
