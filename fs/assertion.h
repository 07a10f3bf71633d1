/*
 * Assertions: what a service account signs to ask for a token (RFC 7523, with RS256), made from the
 * document that Google issues. The door to OpenSSL. One thread.
 */
#pragma once

#include "store/secret.h"

/* The document's token_uri. -ENOENT when it names none; -EBADMSG when it is no such document. */
int assertion_url(const struct secret *document, struct secret **ret) MUST_CHECK;

/* The body of the request that is sent to `url`, valid for some minutes. -EBADMSG when the document
 * is not one of a service account, or its key cannot sign. */
int assertion_make(const struct secret *document, const struct secret *url,
		   struct secret **ret) MUST_CHECK;
