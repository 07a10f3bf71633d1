#include "store/reseal.h"

size_t reseal_left(const struct chain *chain)
{
	const uint32_t epoch = chain_epoch(chain);
	const struct map_row *row;
	uint64_t cursor = 0;
	size_t left = 0;

	while ((row = map_next(chain_map(chain), &cursor)))
		left += row->ref.epoch != epoch;
	return left;
}

/* The first rows of former epochs, by value, since staging changes the map. */
static size_t find_rows(const struct chain *chain, uint64_t *cursor, struct map_row *rows,
			size_t max)
{
	const uint32_t epoch = chain_epoch(chain);
	const struct map_row *row;
	size_t count = 0;

	while (count < max && (row = map_next(chain_map(chain), cursor))) {
		if (row->ref.epoch != epoch)
			rows[count++] = *row;
	}
	return count;
}

static int reseal_row(const struct opener *opener, struct commit *commit, const struct map_row *row,
		      size_t *moved)
{
	CLEANUP_SECRET struct secret *plain = NULL;
	int r = opener_row(opener, row, &plain);

	if (r == -EBADMSG || r == -EIO)
		return 0;
	if (r == 0)
		r = commit_reseal(commit, &row->ref, plain);
	if (r == 0)
		++*moved;
	return r;
}

int reseal_stage(const struct opener *opener, struct commit *commit, size_t max, size_t *ret_moved)
{
	CLEANUP_FREE struct map_row *rows = calloc(max + 1, sizeof(*rows));
	size_t moved = 0;
	uint64_t cursor = 0;
	size_t count;

	if (!rows)
		return -ENOMEM;
	/* Rows keep their places in the map, and damaged ones must not stop those behind them. */
	while (moved < max && (count = find_rows(opener->chain, &cursor, rows, max))) {
		for (size_t i = 0; i < count && moved < max; i++) {
			int r = reseal_row(opener, commit, &rows[i], &moved);

			if (r < 0)
				return r;
		}
	}
	*ret_moved = moved;
	return 0;
}
