/*
 * B-tree pages of SQLite's file format, as far as erasing needs them. secure_delete overwrites a
 * cell when it is removed, but not the copies of cells that a rebalanced page leaves behind between
 * its list of cells and their content: a value deleted later would live on there. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BTREE_PAGE_SIZE = 4096,
	BTREE_FILE_HEADER = 100, /* before the content of the file's first page */
};

/* Pages beyond this number could be mistaken: the first byte of an overflow or free page is the
 * top of another page's number, which up to here is none of the four types of b-tree page. */
enum { BTREE_PAGES_MAX = 0x02000000 - 1 };

/* Overwrite the unallocated gap of a b-tree page with zeros; any other page is left as it is.
 * `first` says that it is the file's first page. */
void btree_page_scrub(uint8_t page[BTREE_PAGE_SIZE], bool first);
