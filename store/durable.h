/*
 * Small files that are written as a whole and are on disk when a call returns: what lies there is
 * the former content or the new one, whatever happens between. Secrets are not to be read by
 * this: what is read lies in ordinary memory. Any thread, one writer a path at a time: the new
 * content is first written to the path with ".tmp" appended.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "store/cleanup.h"

/* The content, at most `max` bytes; the caller frees `ret`. Follows no symlink. -ENOENT; -EBADMSG
 * when it is no regular file or is longer; other -errno. */
int durable_read(const char *path, size_t max, uint8_t **ret, size_t *ret_size) MUST_CHECK;

/* Make the file where none is: -EEXIST, other -errno. */
int durable_create(const char *path, mode_t mode, const uint8_t *bytes, size_t size) MUST_CHECK;

/* Put it, mode 0600, in the place of the file that is there, if there is one. After an error of the
 * last step the new content may be what is there. Made by root, it belongs to whose the directory
 * is. */
int durable_replace(const char *path, const uint8_t *bytes, size_t size) MUST_CHECK;

/* The same with a mode, and it stays whose who makes it is. */
int durable_replace_own(const char *path, mode_t mode, const uint8_t *bytes,
			size_t size) MUST_CHECK;

/* Give a file another name, in the same directory or file system, that nothing bears: -EEXIST,
 * other -errno. It never stays under both. The names are durable after durable_sync_directory(). */
int durable_place(const char *from, const char *to) MUST_CHECK;

/* Copy a file of any size to a new one, mode 0600, whose content is durable on return and whose
 * name is not. Made by root, it belongs to whose the directory is. -EEXIST; other -errno; a part of
 * it may be there then. */
int durable_copy(const char *from, const char *to) MUST_CHECK;

/* Make the names in the directory that holds `path` durable. */
int durable_sync_directory(const char *path) MUST_CHECK;
