/*
 * A slab: locked pages cut into blocks of one size, a power of two, or one single block. What it
 * knows of its blocks stands outside of the locked memory, so that free memory holds nothing but
 * zeros, and a stray write into it cannot lead anybody astray. Used by secret.c alone, under the
 * lock of its pool.
 */
#pragma once

#include <stdbool.h>
#include <sys/queue.h>

#include "store/cleanup.h"

#include <stddef.h>
#include <stdint.h>

enum {
	SLAB_SIZE = 256 * 1024,
	SLAB_BLOCK_MIN_BITS = 6,
	SLAB_BLOCK_MAX_BITS = 17, /* larger blocks have a slab to themselves */
	SLAB_BLOCKS = SLAB_SIZE >> SLAB_BLOCK_MIN_BITS,
};

struct pages;

struct slab {
	LIST_ENTRY(slab) of_pool;
	LIST_ENTRY(slab) of_list; /* the pool's: slabs with a free block, or idle ones */
	bool single;
	struct pages *pages; /* what they were cut from; NULL: nothing */
	uint8_t *bytes;
	size_t size;
	size_t block_size;
	size_t used;	      /* blocks in use */
	size_t fresh;	      /* blocks from here on were never in use */
	uint16_t free;	      /* the block that was given back last */
	uint16_t next_free[]; /* of each block below `fresh` */
};
LIST_HEAD(slabs, slab);

/* Lock SLAB_SIZE bytes for small blocks, of the reserve or without one (NULL), which outlives the
 * slab. -ENOMEM; -EPERM when memory cannot be locked. */
int slab_new(struct pages *pages, struct slab **ret) MUST_CHECK;
/* Lock `size` bytes, whole pages, for a single block. Errors as above. */
int slab_new_single(struct pages *pages, size_t size, struct slab **ret) MUST_CHECK;
/* Wipe and unlock. */
struct slab *slab_free(struct slab *slab);

/* Cut a slab that is not in use into blocks of another size. */
void slab_cut(struct slab *slab, size_t block_size);

bool slab_is_full(const struct slab *slab);

/* A block, all zero, of a slab that is not full. */
uint8_t *slab_take(struct slab *slab);
/* Give a block back, wiped. One that is not in use ends the process. */
void slab_give(struct slab *slab, const uint8_t *block);
