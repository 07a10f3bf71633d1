#include "store/btree.h"

#include <criterion/criterion.h>
#include <string.h>

/* A page of 0xaa with a header: type, cells, start of content. */
static void make_page(uint8_t *page, size_t start, uint8_t type, uint16_t cells, uint16_t content)
{
	memset(page, 0xaa, BTREE_PAGE_SIZE);
	page[start] = type;
	page[start + 3] = (uint8_t)(cells >> 8);
	page[start + 4] = (uint8_t)cells;
	page[start + 5] = (uint8_t)(content >> 8);
	page[start + 6] = (uint8_t)content;
}

Test(btree, only_the_gap_of_a_btree_page_is_overwritten)
{
	static const struct {
		uint8_t type;
		bool first;
		uint16_t cells, content;
		size_t from, to; /* what becomes zero */
	} rows[] = {
		{10, false, 3, 100, 14, 100},  /* leaf, index */
		{13, false, 0, 4096, 8, 4096}, /* leaf, table, empty */
		{2, false, 3, 100, 18, 100},   /* interior, index */
		{5, true, 1, 200, 114, 200},   /* interior, table, first page */
		{10, false, 46, 100, 0, 0},    /* no gap left */
		{10, false, 3, 4097, 0, 0},    /* damaged: content outside */
		{10, false, 65535, 100, 0, 0}, /* damaged: more cells than fit */
		{0, false, 3, 100, 0, 0},      /* overflow or free page */
		{1, false, 3, 100, 0, 0},      /* of no known type */
		{0, true, 3, 200, 0, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t page[BTREE_PAGE_SIZE], expected[BTREE_PAGE_SIZE];

		make_page(page, rows[i].first ? 100 : 0, rows[i].type, rows[i].cells,
			  rows[i].content);
		memcpy(expected, page, sizeof(page));
		memset(expected + rows[i].from, 0, rows[i].to - rows[i].from);
		btree_page_scrub(page, rows[i].first);
		cr_expect_arr_eq(page, expected, sizeof(page), "row %zu", i);
	}
}
