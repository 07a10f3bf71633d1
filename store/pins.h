/*
 * The host's list of organisations: which fingerprint answers to which name here, and how far each
 * log was seen (mark.h). An organisation appears on a host only once it is pinned. The list lies
 * outside the store, in a file sealed under a key of the host, and is replaced as a whole, durably.
 * One thread at a time, except for pins_write().
 *
 * Format: a host's file (hostfile.h) headed "credfs pins 2\n", of u32 count, then for each:
 * fingerprint 32, generation u64, head 32, time u64, u16 length, name.
 */
#pragma once

#include "store/mark.h"
#include "store/recipient.h"

struct pin {
	struct digest fingerprint;
	struct mark mark;
	char *name;
};

/* Whether it is of an organisation that was ended: no name of a living one begins like that. */
static inline bool pin_is_retired(const struct pin *pin)
{
	return pin->name[0] == '.';
}

struct pins;

/* Create an empty list. -EEXIST, other -errno. */
int pins_create(const char *path, const struct recipient *host) MUST_CHECK;
/* `host` outlives the list. -ENOENT; -EBADMSG when it is damaged or of another host; other -errno
 * from the file. */
int pins_open(const char *path, const struct recipient *host, struct pins **ret) MUST_CHECK;
/* A list that is empty and in no file yet; without a path it never is in one. */
int pins_new(const char *path, const struct recipient *host, struct pins **ret) MUST_CHECK;
struct pins *pins_close(struct pins *pins);
DEFINE_CLEANUP(struct pins, pins_close);

size_t pins_count(const struct pins *pins);
/* In the order in which they were pinned; borrowed until the next change. */
const struct pin *pins_get(const struct pins *pins, size_t index);
/* The index, or -ENOENT. */
int pins_find(const struct pins *pins, const char *name) MUST_CHECK;

/* Durable on return; on failure the list is as before. -EEXIST for a name or fingerprint that is
 * pinned; -ENAMETOOLONG above 255 bytes. */
int pins_add(struct pins *pins, const struct digest *fingerprint, const struct mark *mark,
	     const char *name) MUST_CHECK;
int pins_rename(struct pins *pins, size_t index, const char *name) MUST_CHECK;

/* The list will hold these, which are copied, and nothing else. Durable and errors as above. */
int pins_replace(struct pins *pins, const struct pin *list, size_t count) MUST_CHECK;

/* Note how far a log was seen; durable with the next change that is. */
void pins_mark(struct pins *pins, size_t index, const struct mark *mark);

/*
 * To write what pins_mark() noted without anybody waiting for the disk: take a copy where the list
 * may be used, NULL when all is written, and write it where one may wait.
 */
struct pins_copy;
int pins_copy(struct pins *pins, struct pins_copy **ret) MUST_CHECK;
struct pins_copy *pins_copy_free(struct pins_copy *copy);
DEFINE_CLEANUP(struct pins_copy, pins_copy_free);

/* Durable on return; a copy that a later change has overtaken is not written. May run beside every
 * other call but pins_close(). */
int pins_write(struct pins *pins, const struct pins_copy *copy) MUST_CHECK;
