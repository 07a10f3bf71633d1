#include "store/slab.h"

#include "store/pages.h"

/* In the place of the next free block's index. */
enum { BLOCK_NONE = UINT16_MAX, BLOCK_USED = UINT16_MAX - 1 };
_Static_assert((int)SLAB_BLOCKS < (int)BLOCK_USED, "a block's index is no marker");

static int slab_map(struct pages *pages, size_t size, size_t blocks, struct slab **ret)
{
	CLEANUP_FREE struct slab *slab = NULL;
	int r;

	slab = calloc(1, sizeof(*slab) + blocks * sizeof(slab->next_free[0]));
	if (!slab)
		return -ENOMEM;
	r = pages_map(pages, size, &slab->bytes);
	if (r < 0)
		return r;
	slab->pages = pages;
	slab->size = size;
	slab->single = blocks == 1;
	slab_cut(slab, size);
	*ret = TAKE_PTR(slab);
	return 0;
}

int slab_new(struct pages *pages, struct slab **ret)
{
	return slab_map(pages, SLAB_SIZE, SLAB_BLOCKS, ret);
}

int slab_new_single(struct pages *pages, size_t size, struct slab **ret)
{
	return slab_map(pages, size, 1, ret);
}

struct slab *slab_free(struct slab *slab)
{
	if (!slab)
		return NULL;
	pages_unmap(slab->pages, slab->bytes, slab->size);
	free(slab);
	return NULL;
}

void slab_cut(struct slab *slab, size_t block_size)
{
	slab->block_size = block_size;
	slab->used = 0;
	slab->fresh = 0;
	slab->free = BLOCK_NONE;
}

bool slab_is_full(const struct slab *slab)
{
	return slab->used == slab->size / slab->block_size;
}

uint8_t *slab_take(struct slab *slab)
{
	size_t index = slab->free;

	if (slab->free == BLOCK_NONE)
		index = slab->fresh++;
	else
		slab->free = slab->next_free[index];
	slab->next_free[index] = BLOCK_USED;
	slab->used++;
	return slab->bytes + index * slab->block_size;
}

void slab_give(struct slab *slab, const uint8_t *block)
{
	size_t index = (size_t)(block - slab->bytes) / slab->block_size;

	if (slab->next_free[index] != BLOCK_USED)
		abort();
	slab->next_free[index] = slab->free;
	slab->free = (uint16_t)index;
	slab->used--;
}
