/*
 * What the header of a request tells beside what libfuse hands on. Pure.
 */
#pragma once

#include <linux/fuse.h>
#include <stdbool.h>
#include <stdint.h>

/* Its number, the same each time that it is sent. */
uint64_t header_number(const struct fuse_in_header *header);

/* Whether another worker had it before, and did not answer. */
bool header_is_resent(const struct fuse_in_header *header);

/* Whether it is a read for the page cache. */
bool header_is_cached_read(const struct fuse_in_header *header);

/* What the kernel calls who a request for poll(2) is for; 0: nobody waits. */
uint64_t header_poll(const struct fuse_in_header *header);

/* Whether the answer holds values or names, which are never kept: to ask again changes nothing. */
bool header_is_plain(const struct fuse_in_header *header);
