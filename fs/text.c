#include "fs/text.h"

#include <string.h>
#include <time.h>

int text_end(struct printer *printer, struct secret_pool *pool, struct secret **ret)
{
	CLEANUP_FREE char *text = NULL;
	size_t size;
	int r = printer_end(printer, &text, &size);

	return r < 0 ? r : secret_copy(pool, text, size, ret);
}

void text_time(FILE *file, uint64_t time)
{
	const time_t seconds = (time_t)(time / 1000000000u);
	char printed[32] = "";
	struct tm utc;

	if (gmtime_r(&seconds, &utc))
		strftime(printed, sizeof printed, "%Y-%m-%dT%H:%M:%SZ", &utc);
	fputs(printed, file);
}
