#include "fs/text.h"

#include <string.h>
#include <time.h>

void text_done(struct text *text)
{
	if (text->file)
		fclose(text->file);
	free(text->bytes);
	*text = (struct text){0};
}

int text_begin(struct text *text)
{
	text->file = open_memstream(&text->bytes, &text->size);
	return text->file ? 0 : -ENOMEM;
}

int text_end(struct text *text, struct secret_pool *pool, struct secret **ret)
{
	FILE *file = TAKE_PTR(text->file);

	if (fclose(file) != 0)
		return -ENOMEM;
	return secret_copy(pool, text->bytes, text->size, ret);
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
