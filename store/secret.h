/*
 * Secret bytes. A `struct secret` is the only home that keys and values have: locked in memory,
 * left out of core dumps, fenced by guard pages slab by slab, wiped by its only destructor. Nothing
 * that formats or logs accepts one.
 *
 * The memory comes from a pool, because locking one page for each value costs more than a whole
 * read of a file. A pool may be used from several threads; one secret by one thread at a time. The
 * pool outlives its secrets. It is made after the last fork: a child finds nothing in its place.
 *
 * A write behind a secret's room, or a secret freed twice, ends the process.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "store/cleanup.h"

struct secret_pool;
struct secret;

/* The largest secret a pool hands out, in bytes. */
enum { SECRET_MAX = 1 << 20 };

/* A pool that locks at most `limit` bytes. That the host allows all of them is asked here, so that
 * one that cannot lock memory is found at start. -ENOMEM, also when `limit` is below a slab
 * (256 KiB); -EPERM when so much cannot be locked. */
int secret_pool_new(size_t limit, struct secret_pool **ret) MUST_CHECK;

/* The same, for a process that is about to give up the right to lock memory: all that the pool will
 * ever lock is set aside now, and takes memory only when it is used. Errors as above. */
int secret_pool_reserve(size_t limit, struct secret_pool **ret) MUST_CHECK;
struct secret_pool *secret_pool_free(struct secret_pool *pool);

/* Bytes locked so far. */
size_t secret_pool_locked(struct secret_pool *pool);

/* An empty secret with room for `capacity` bytes, all zero. -EFBIG above SECRET_MAX; -ENOMEM when
 * the pool has reached its limit; -EPERM when memory cannot be locked. */
int secret_new(struct secret_pool *pool, size_t capacity, struct secret **ret) MUST_CHECK;

/* A secret of `size` bytes, all zero. Errors as secret_new(). */
int secret_zeros(struct secret_pool *pool, size_t size, struct secret **ret) MUST_CHECK;

/* A secret that holds a copy of `size` bytes. Errors as secret_new(). */
int secret_copy(struct secret_pool *pool, const void *bytes, size_t size,
		struct secret **ret) MUST_CHECK;

/* Wipe and give back; takes NULL, returns NULL. */
struct secret *secret_free(struct secret *secret);
DEFINE_CLEANUP(struct secret, secret_free);
#define CLEANUP_SECRET CLEANUP(secret_freep)

DEFINE_CLEANUP(struct secret_pool, secret_pool_free);

/* The bytes, owned by the secret, moved by secret_resize() only. */
uint8_t *secret_bytes(struct secret *secret);
const uint8_t *secret_view(const struct secret *secret);
size_t secret_size(const struct secret *secret);
size_t secret_capacity(const struct secret *secret);

/* The pool it came from. */
struct secret_pool *secret_pool_of(const struct secret *secret);

/* Set the size: new bytes are zero, cut ones are wiped; grows the room when it must, moving the
 * bytes and wiping the old place. Errors as secret_new(); the secret is unchanged then. */
int secret_resize(struct secret *secret, size_t size) MUST_CHECK;

/* Wipe it to nothing, and give its room back to the pool for the smallest, if that can be had. */
void secret_clear(struct secret *secret);
