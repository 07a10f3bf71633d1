/*
 * The host's list of organisations: which fingerprint answers to which name here. An organisation
 * appears on a host only once it is pinned. The list lies outside the store, in a file sealed under
 * a key of the host, and is replaced as a whole, durably. One thread at a time.
 *
 * Format: "credfs pins 1\n" || nonce 24 || XChaCha20-Poly1305 (associated data: those 14 bytes) of
 * u32 count, then for each: fingerprint 32, u16 length, name.
 */
#pragma once

#include "store/recipient.h"

struct pin {
	struct digest fingerprint;
	char *name;
};

struct pins;

/* Create an empty list. -EEXIST, other -errno. */
int pins_create(const char *path, const struct recipient *host) MUST_CHECK;
/* `host` outlives the list. -ENOENT; -EBADMSG when it is damaged or of another host; other -errno
 * from the file. */
int pins_open(const char *path, const struct recipient *host, struct pins **ret) MUST_CHECK;
struct pins *pins_close(struct pins *pins);
DEFINE_CLEANUP(struct pins, pins_close);

size_t pins_count(const struct pins *pins);
/* In the order in which they were pinned; borrowed until the next change. */
const struct pin *pins_get(const struct pins *pins, size_t index);
/* The index, or -ENOENT. */
int pins_find(const struct pins *pins, const char *name) MUST_CHECK;

/* Durable on return; on failure the list is as before. -EEXIST for a name or fingerprint that is
 * pinned; -ENAMETOOLONG above 255 bytes. */
int pins_add(struct pins *pins, const struct digest *fingerprint, const char *name) MUST_CHECK;
int pins_rename(struct pins *pins, size_t index, const char *name) MUST_CHECK;
