#include "store/secret.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "store/pages.h"
#include "store/slab.h"

#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

/*
 * The pool. Small secrets share slabs, by size; a slab all of whose blocks are free belongs to no
 * size again and waits on the idle list. Larger secrets have a slab of their own, which goes with
 * them.
 *
 * Behind each block in use lies a canary, random for each pool. One that changed is our own mistake
 * with somebody's key, and ends the process.
 */
enum {
	CANARY_SIZE = 16,
	BLOCK_MIN = 1 << SLAB_BLOCK_MIN_BITS,
	BLOCK_SHARED_MAX = 1 << SLAB_BLOCK_MAX_BITS,
	BLOCK_CLASSES = SLAB_BLOCK_MAX_BITS - SLAB_BLOCK_MIN_BITS + 1,
};

struct secret_pool {
	pthread_mutex_t lock;
	size_t limit;
	size_t locked;
	struct pages *pages; /* that were set aside; NULL: each slab locks its own */
	struct slabs all;
	struct slabs idle;
	struct slabs open[BLOCK_CLASSES]; /* slabs with free blocks, by size of block */
	uint8_t canary[CANARY_SIZE];
};

struct block {
	struct slab *slab;
	uint8_t *bytes;
};

struct secret {
	struct secret_pool *pool;
	struct block block;
	size_t size;
};

/* The size of block that serves `need` bytes: a power of two, or whole pages. */
static size_t block_size_for(size_t need)
{
	size_t page;

	if (need <= BLOCK_MIN)
		return BLOCK_MIN;
	if (need <= BLOCK_SHARED_MAX)
		return (size_t)1 << (64 - __builtin_clzll(need - 1));
	page = (size_t)sysconf(_SC_PAGESIZE);
	return (need + page - 1) / page * page;
}

static struct slabs *pool_open(struct secret_pool *pool, size_t block_size)
{
	return &pool->open[__builtin_ctzll(block_size) - SLAB_BLOCK_MIN_BITS];
}

static void pool_drop(struct secret_pool *pool, struct slab *slab)
{
	LIST_REMOVE(slab, of_pool);
	pool->locked -= slab->size;
	ASAN_UNPOISON_MEMORY_REGION(slab->bytes, slab->size);
	slab_free(slab);
}

/* Lock a slab more, for shared blocks or for a single one. */
static int pool_grow(struct secret_pool *pool, size_t block_size, struct slab **ret)
{
	bool shared = block_size <= BLOCK_SHARED_MAX;
	size_t size = shared ? SLAB_SIZE : block_size;
	struct slab *slab;
	int r;

	while (pool->locked + size > pool->limit && (slab = LIST_FIRST(&pool->idle))) {
		LIST_REMOVE(slab, of_list);
		pool_drop(pool, slab);
	}
	if (pool->locked + size > pool->limit)
		return -ENOMEM;

	r = shared ? slab_new(pool->pages, &slab) : slab_new_single(pool->pages, size, &slab);
	if (r < 0)
		return r;
	ASAN_POISON_MEMORY_REGION(slab->bytes, slab->size);
	pool->locked += slab->size;
	LIST_INSERT_HEAD(&pool->all, slab, of_pool);
	*ret = slab;
	return 0;
}

/* A slab with a free block of this size: an open one, an idle one, or another. */
static int pool_slab(struct secret_pool *pool, size_t block_size, struct slab **ret)
{
	struct slab *slab;
	int r;

	if (block_size > BLOCK_SHARED_MAX)
		return pool_grow(pool, block_size, ret);

	slab = LIST_FIRST(pool_open(pool, block_size));
	if (slab) {
		*ret = slab;
		return 0;
	}

	slab = LIST_FIRST(&pool->idle);
	if (slab) {
		LIST_REMOVE(slab, of_list);
	} else {
		r = pool_grow(pool, block_size, &slab);
		if (r < 0)
			return r;
	}
	slab_cut(slab, block_size);
	LIST_INSERT_HEAD(pool_open(pool, block_size), slab, of_list);
	*ret = slab;
	return 0;
}

/* Take a block; the lists hold no full slab, nor one of a single block. */
static int pool_take(struct secret_pool *pool, size_t block_size, struct block *ret)
{
	int r;

	r = pool_slab(pool, block_size, &ret->slab);
	if (r < 0)
		return r;
	ret->bytes = slab_take(ret->slab);
	if (!ret->slab->single && slab_is_full(ret->slab))
		LIST_REMOVE(ret->slab, of_list);
	return 0;
}

static void pool_give(struct secret_pool *pool, const struct block *block)
{
	struct slab *slab = block->slab;
	bool was_full = slab_is_full(slab);

	slab_give(slab, block->bytes);
	if (slab->single) {
		pool_drop(pool, slab);
		return;
	}
	if (!was_full && slab->used > 0)
		return;
	if (!was_full)
		LIST_REMOVE(slab, of_list);
	LIST_INSERT_HEAD(slab->used > 0 ? pool_open(pool, slab->block_size) : &pool->idle, slab,
			 of_list);
}

static size_t block_room(const struct block *block)
{
	return block->slab->block_size - CANARY_SIZE;
}

static int block_take(struct secret_pool *pool, size_t capacity, struct block *ret)
{
	struct block block = {0};
	uint8_t *canary;
	int r;

	pthread_mutex_lock(&pool->lock);
	r = pool_take(pool, block_size_for(capacity + CANARY_SIZE), &block);
	pthread_mutex_unlock(&pool->lock);
	if (r < 0)
		return r;

	canary = block.bytes + block_room(&block);
	ASAN_UNPOISON_MEMORY_REGION(block.bytes, block.slab->block_size);
	memcpy(canary, pool->canary, CANARY_SIZE);
	ASAN_POISON_MEMORY_REGION(canary, CANARY_SIZE);
	*ret = block;
	return 0;
}

static void block_give(struct secret_pool *pool, const struct block *block)
{
	size_t size = block->slab->block_size;

	ASAN_UNPOISON_MEMORY_REGION(block->bytes, size);
	if (memcmp(block->bytes + block_room(block), pool->canary, CANARY_SIZE) != 0)
		abort();
	sodium_memzero(block->bytes, size);
	ASAN_POISON_MEMORY_REGION(block->bytes, size);

	pthread_mutex_lock(&pool->lock);
	pool_give(pool, block);
	pthread_mutex_unlock(&pool->lock);
}

static int pool_new(size_t limit, bool reserve, struct secret_pool **ret)
{
	CLEANUP(secret_pool_freep) struct secret_pool *pool = NULL;
	struct slab *first;
	int r;

	if (sodium_init() < 0)
		return -EIO;
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return -ENOMEM;
	pthread_mutex_init(&pool->lock, NULL);
	pool->limit = limit;
	randombytes_buf(pool->canary, sizeof(pool->canary));

	r = reserve ? pages_reserve(limit, &pool->pages) : pages_allowed(limit);
	if (r == 0)
		r = pool_grow(pool, BLOCK_MIN, &first);
	if (r < 0)
		return r;
	LIST_INSERT_HEAD(&pool->idle, first, of_list);
	*ret = TAKE_PTR(pool);
	return 0;
}

int secret_pool_new(size_t limit, struct secret_pool **ret)
{
	return pool_new(limit, false, ret);
}

int secret_pool_reserve(size_t limit, struct secret_pool **ret)
{
	return pool_new(limit, true, ret);
}

struct secret_pool *secret_pool_free(struct secret_pool *pool)
{
	struct slab *slab;

	if (!pool)
		return NULL;
	while ((slab = LIST_FIRST(&pool->all)))
		pool_drop(pool, slab);
	pages_free(pool->pages);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
	return NULL;
}

size_t secret_pool_locked(struct secret_pool *pool)
{
	size_t locked;

	pthread_mutex_lock(&pool->lock);
	locked = pool->locked;
	pthread_mutex_unlock(&pool->lock);
	return locked;
}

int secret_new(struct secret_pool *pool, size_t capacity, struct secret **ret)
{
	CLEANUP_FREE struct secret *secret = NULL;
	int r;

	if (capacity > SECRET_MAX)
		return -EFBIG;
	secret = calloc(1, sizeof(*secret));
	if (!secret)
		return -ENOMEM;
	r = block_take(pool, capacity, &secret->block);
	if (r < 0)
		return r;
	secret->pool = pool;
	*ret = TAKE_PTR(secret);
	return 0;
}

int secret_zeros(struct secret_pool *pool, size_t size, struct secret **ret)
{
	int r;

	/* A block is wiped before it is given back, and a new one is zero by itself. */
	r = secret_new(pool, size, ret);
	if (r < 0)
		return r;
	(*ret)->size = size;
	return 0;
}

int secret_copy(struct secret_pool *pool, const void *bytes, size_t size, struct secret **ret)
{
	int r;

	r = secret_zeros(pool, size, ret);
	if (r < 0)
		return r;
	if (size > 0)
		memcpy((*ret)->block.bytes, bytes, size);
	return 0;
}

struct secret *secret_free(struct secret *secret)
{
	if (!secret)
		return NULL;
	block_give(secret->pool, &secret->block);
	free(secret);
	return NULL;
}

uint8_t *secret_bytes(struct secret *secret)
{
	return secret->block.bytes;
}

const uint8_t *secret_view(const struct secret *secret)
{
	return secret->block.bytes;
}

size_t secret_size(const struct secret *secret)
{
	return secret->size;
}

size_t secret_capacity(const struct secret *secret)
{
	return block_room(&secret->block);
}

struct secret_pool *secret_pool_of(const struct secret *secret)
{
	return secret->pool;
}

/* Move to a block with room for `capacity` bytes. */
static int secret_move(struct secret *secret, size_t capacity)
{
	struct block block;
	int r;

	r = block_take(secret->pool, capacity, &block);
	if (r < 0)
		return r;
	memcpy(block.bytes, secret->block.bytes, secret->size);
	block_give(secret->pool, &secret->block);
	secret->block = block;
	return 0;
}

int secret_resize(struct secret *secret, size_t size)
{
	int r;

	if (size > SECRET_MAX)
		return -EFBIG;
	if (size > secret_capacity(secret)) {
		r = secret_move(secret, size);
		if (r < 0)
			return r;
	}
	/* Grown or cut, what lies between the two sizes ends as zeros. */
	if (size > secret->size)
		sodium_memzero(secret->block.bytes + secret->size, size - secret->size);
	else
		sodium_memzero(secret->block.bytes + size, secret->size - size);
	secret->size = size;
	return 0;
}

void secret_clear(struct secret *secret)
{
	sodium_memzero(secret->block.bytes, secret->size);
	secret->size = 0;
	if (secret_capacity(secret) > BLOCK_MIN)
		(void)!secret_move(secret, 0);
}
