#include "fs/standing.h"

#include <inttypes.h>
#include <string.h>

#include "fs/log.h"
#include "fs/text.h"

/* What is found by comparing with a mark. */
static const struct {
	int error;
	const char *text;
} findings[] = {
	{-ESTALE, "was put back to an earlier state"},
	{-ENOTUNIQ, "is not the one that was seen here, but another branch"},
	{-EIDRM, "was removed from the store"},
};
enum { FINDINGS = sizeof findings / sizeof findings[0] };

static const char *find(int error)
{
	for (size_t i = 0; i < FINDINGS; i++) {
		if (findings[i].error == error)
			return findings[i].text;
	}
	return NULL;
}

void standing_print(FILE *file, struct store *store, size_t index, int error)
{
	const struct mark *mark = &pins_get(store_pins(store), index)->mark;
	const char *found = find(error);
	uint64_t generation = 0;

	if (error == -EPROTONOSUPPORT) {
		fputs("it was written by a later version of credfs: use that version", file);
		return;
	}
	if (!found) {
		fputs(strerror(-error), file);
		return;
	}
	(void)!store_org_look(store, index, &generation);
	fprintf(file, "its log %s: it is at generation %" PRIu64 ", seen here was %" PRIu64 " of ",
		found, generation, mark->generation);
	text_time(file, mark->time);
	fputs("; credfs restore tells more, and asks", file);
}

void standing_log_org(struct store *store, size_t index, int error)
{
	const uint8_t *id = pins_get(store_pins(store), index)->fingerprint.bytes;
	CLEANUP_PRINTER struct printer printer = {0};
	CLEANUP_FREE char *text = NULL;

	if (printer_begin(&printer) < 0)
		return;
	standing_print(printer.file, store, index, error);
	if (printer_end(&printer, &text, NULL) < 0)
		return;
	log_line(LOG_ERR, "organisation %02x%02x%02x%02x cannot be read: %s", id[0], id[1], id[2],
		 id[3], text);
}

size_t standing_log(struct store *store, size_t first, size_t count)
{
	const size_t all = pins_count(store_pins(store));
	const size_t rest = first < all ? all - first : 0;
	const size_t end = first + (count < rest ? count : rest);

	for (size_t i = first; i < end; i++) {
		uint64_t generation;
		int r = store_org_look(store, i, &generation);

		if (r < 0)
			standing_log_org(store, i, r);
	}
	return all > end ? all - end : 0;
}
