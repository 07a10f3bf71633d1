#include "store/btree.h"

#include <string.h>

/* Header of a b-tree page: type (8), first free block (16), cells (16), start of content (16),
 * fragments (8), and of interior pages the rightmost child (32); numbers are big endian. */
enum {
	TYPE_INTERIOR_INDEX = 2,
	TYPE_INTERIOR_TABLE = 5,
	TYPE_LEAF_INDEX = 10,
	TYPE_LEAF_TABLE = 13,
	HEADER_CELLS = 3,
	HEADER_CONTENT = 5,
};

static size_t get_u16(const uint8_t *at)
{
	return (size_t)at[0] << 8 | at[1];
}

static size_t header_size(uint8_t type)
{
	switch (type) {
	case TYPE_INTERIOR_INDEX:
	case TYPE_INTERIOR_TABLE:
		return 12;
	case TYPE_LEAF_INDEX:
	case TYPE_LEAF_TABLE:
		return 8;
	default:
		return 0;
	}
}

void btree_page_scrub(uint8_t page[BTREE_PAGE_SIZE], bool first)
{
	size_t start = first ? BTREE_FILE_HEADER : 0;
	const uint8_t *header = page + start;
	size_t size = header_size(header[0]);
	size_t gap = start + size + 2 * get_u16(header + HEADER_CELLS);
	size_t content = get_u16(header + HEADER_CONTENT);

	if (size && gap < content && content <= BTREE_PAGE_SIZE)
		memset(page + gap, 0, content - gap);
}
