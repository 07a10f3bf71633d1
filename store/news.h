/*
 * News: what others changed in an organisation, record by record, each as it was before, so that
 * whoever showed it can take it back. A plain value that owns its records. One thread at a time.
 */
#pragma once

#include "store/record.h"

/* A record that is another one now, or none, or was none before. */
struct news_item {
	struct record_id id;
	bool existed;
	struct record former; /* if it existed */
};

struct news {
	struct news_item *items;
	size_t count;
	bool membership; /* members or epochs have changed */
};

void news_done(struct news *news);
#define CLEANUP_NEWS CLEANUP(news_done)
