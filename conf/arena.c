/*
 * 64 KiB chunks of sodium_malloc() (guard pages, locked, wiped when freed). A page or more for each
 * small piece would let one document of brackets use up the host's limits on mappings and on locked
 * memory; so there are chunks, and a ceiling.
 */
#include "conf/arena.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24 /* since Linux 5.18 */
#endif

enum { CHUNK_SIZE = 64 * 1024, ARENA_MAX = 8 * 1024 * 1024, ALIGNMENT = 16 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t used;
	size_t size;
};

struct arena_reserve {
	uint8_t *bytes; /* NULL: there is none */
	atomic_flag taken;
};

/* The functions that a library calls take no context: this is the arena that the thread is in, NULL
 * outside of one. */
static struct arena **arena_current(void)
{
	static _Thread_local struct arena *current;

	return &current;
}

static struct arena_reserve *the_reserve(void)
{
	static struct arena_reserve reserve = {.taken = ATOMIC_FLAG_INIT};

	return &reserve;
}

static size_t align(size_t size)
{
	return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

int arena_enter(struct arena *arena)
{
	struct arena_reserve *reserve = the_reserve();

	/* Without it sodium_malloc() aborts; after the first time it costs nothing. */
	if (sodium_init() < 0)
		return -ENOMEM;
	if (reserve->bytes && !atomic_flag_test_and_set(&reserve->taken))
		arena->reserve = reserve;
	*arena_current() = arena;
	return 0;
}

static void give_back(struct arena_reserve *reserve, size_t used)
{
	sodium_memzero(reserve->bytes, used);
	/* Where the kernel cannot, the pages wait for the next. */
	(void)!madvise(reserve->bytes, ARENA_MAX, MADV_DONTNEED_LOCKED);
	atomic_flag_clear(&reserve->taken);
}

void arena_leave(struct arena *arena)
{
	if (*arena_current() == arena)
		*arena_current() = NULL;
	while (arena->chunks && !arena->reserve) {
		struct arena_chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		sodium_free(chunk);
	}
	if (arena->reserve)
		give_back(arena->reserve, arena->size);
}

static struct arena_chunk *lock_chunk(size_t size)
{
	struct arena_chunk *chunk = sodium_malloc(size);

	/* sodium_malloc() does not say when it could not lock. (The address sanitizer puts an
	 * mlock() in place that does nothing.) */
	if (chunk && mlock2(chunk, size, 0) < 0) {
		sodium_free(chunk);
		return NULL;
	}
	return chunk;
}

static struct arena_chunk *take_chunk(const struct arena *arena, size_t size)
{
	void *next;

	if (!arena->reserve)
		return lock_chunk(size);
	next = arena->reserve->bytes + arena->size;
	return next;
}

static int arena_grow(struct arena *arena, size_t need)
{
	size_t size = align(sizeof(struct arena_chunk)) + need;
	struct arena_chunk *chunk;

	if (size < CHUNK_SIZE)
		size = CHUNK_SIZE;
	if (size > ARENA_MAX - arena->size)
		return -ENOMEM;
	chunk = take_chunk(arena, size);
	if (!chunk)
		return -ENOMEM;
	*chunk = (struct arena_chunk){
		.next = arena->chunks,
		.used = align(sizeof(struct arena_chunk)),
		.size = size,
	};
	arena->chunks = chunk;
	arena->size += size;
	return 0;
}

void *arena_allocate(size_t size)
{
	struct arena *arena = *arena_current();
	struct arena_chunk *chunk;
	void *memory;

	if (!arena)
		return malloc(size);
	if (size > ARENA_MAX)
		return NULL;
	size = align(size);
	chunk = arena->chunks;
	if (!chunk || size > chunk->size - chunk->used) {
		if (arena_grow(arena, size) < 0)
			return NULL;
		chunk = arena->chunks;
	}
	memory = (char *)chunk + chunk->used;
	chunk->used += size;
	return memory;
}

/* What an arena gave goes with it. */
void arena_give(void *memory)
{
	if (!*arena_current())
		free(memory);
}

int arena_reserve(void)
{
	const size_t guard = (size_t)sysconf(_SC_PAGESIZE);
	const size_t length = ARENA_MAX + 2 * guard;
	uint8_t *all = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (all == MAP_FAILED)
		return -ENOMEM;
	if (mprotect(all + guard, ARENA_MAX, PROT_READ | PROT_WRITE) < 0 ||
	    madvise(all, length, MADV_DONTDUMP) < 0 || madvise(all, length, MADV_DONTFORK) < 0 ||
	    mlock2(all + guard, ARENA_MAX, MLOCK_ONFAULT) < 0) {
		munmap(all, length);
		return -EPERM;
	}
	the_reserve()->bytes = all + guard;
	return 0;
}
