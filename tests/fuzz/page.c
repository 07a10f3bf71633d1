/* A page of the database, as SQLite or whoever alters the file hands it to the scrubber. */
#include "store/btree.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	uint8_t *page = calloc(1, BTREE_PAGE_SIZE);

	FUZZ_CHECK(page != NULL);
	memcpy(page, bytes, size < BTREE_PAGE_SIZE ? size : BTREE_PAGE_SIZE);
	btree_page_scrub(page, false);
	btree_page_scrub(page, false);
	memcpy(page, bytes, size < BTREE_PAGE_SIZE ? size : BTREE_PAGE_SIZE);
	btree_page_scrub(page, true);
	free(page);
	return 0;
}
