#include "store/news.h"

void news_done(struct news *news)
{
	for (size_t i = 0; i < news->count; i++)
		record_done(&news->items[i].former);
	free(news->items);
	*news = (struct news){0};
}
