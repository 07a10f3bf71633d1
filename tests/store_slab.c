#include "store/slab.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static void free_slab(struct slab **slab)
{
	slab_free(*slab);
}
#define CLEANUP_SLAB CLEANUP(free_slab)

Test(slab, is_full_after_as_many_blocks_as_fit)
{
	CLEANUP_SLAB struct slab *slab = NULL;
	const uint8_t *last = NULL;

	cr_assert_eq(slab_new(NULL, &slab), 0);
	for (size_t size = 1 << SLAB_BLOCK_MIN_BITS; size <= 1 << SLAB_BLOCK_MAX_BITS; size *= 2) {
		slab_cut(slab, size);
		for (size_t i = 0; i < SLAB_SIZE / size; i++) {
			cr_assert_not(slab_is_full(slab));
			last = slab_take(slab);
			cr_assert_eq((size_t)(last - slab->bytes), i * size);
		}
		cr_assert(slab_is_full(slab));
	}
}

Test(slab, gives_again_the_blocks_that_were_given_back)
{
	CLEANUP_SLAB struct slab *slab = NULL;
	uint8_t *blocks[4];

	cr_assert_eq(slab_new(NULL, &slab), 0);
	slab_cut(slab, SLAB_SIZE / 4);
	for (size_t i = 0; i < 4; i++)
		blocks[i] = slab_take(slab);
	slab_give(slab, blocks[2]);
	slab_give(slab, blocks[0]);
	cr_assert_eq(slab->used, 2);
	cr_assert_eq(slab_take(slab), blocks[0]);
	cr_assert_eq(slab_take(slab), blocks[2]);
	cr_assert(slab_is_full(slab));
}

Test(slab, single_one_has_one_block)
{
	CLEANUP_SLAB struct slab *slab = NULL;

	cr_assert_eq(slab_new_single(NULL, 1 << 20, &slab), 0);
	memset(slab_take(slab), 'x', 1 << 20);
	cr_assert(slab_is_full(slab));
}

Test(slab, block_given_back_twice_ends_the_process)
{
	int status = 0;
	pid_t child = fork();

	cr_assert_geq(child, 0);
	if (child == 0) {
		struct slab *slab = NULL;
		uint8_t *block;

		signal(SIGABRT, SIG_DFL);
		if (slab_new(NULL, &slab) < 0)
			_exit(1);
		slab_cut(slab, 64);
		block = slab_take(slab);
		slab_give(slab, block);
		slab_give(slab, block);
		_exit(0);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
