/*
 * A host's own file: what a host keeps for itself alone, sealed under a key that is derived from
 * its seed, and headed by a line that names what it is and binds it. Any thread.
 *
 * Format: heading || nonce 24 || XChaCha20-Poly1305, associated data: the heading.
 */
#pragma once

#include "store/recipient.h"

/* Bytes that sealing adds to the heading and the content. */
enum { HOSTFILE_OVERHEAD = 24 + 16 };

/* The whole file; the caller frees `ret`. -ENOMEM. */
int hostfile_seal(const struct recipient *host, const char *heading, const uint8_t *plain,
		  size_t size, uint8_t **ret, size_t *ret_size) MUST_CHECK;

/* The content; the caller frees `ret`. -EBADMSG when the file is damaged, of another host or not
 * what the heading says; -ENOMEM. */
int hostfile_open(const struct recipient *host, const char *heading, const uint8_t *file,
		  size_t size, uint8_t **ret, size_t *ret_size) MUST_CHECK;
