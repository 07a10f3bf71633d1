#include "fs/listing.h"

void listing_done(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		free(listing->list[i].name);
	free(listing->list);
	*listing = (struct listing){0};
}

int listing_add(struct listing *listing, const char *name, const struct node *node, unsigned rank)
{
	struct listing_entry *entry;

	/* Room doubles whenever the count is a power of two. */
	if ((listing->count & (listing->count - 1)) == 0) {
		const size_t room = listing->count ? listing->count * 2 : 1;
		struct listing_entry *list = reallocarray(listing->list, room, sizeof *list);

		if (!list)
			return -ENOMEM;
		listing->list = list;
	}
	entry = &listing->list[listing->count];
	*entry = (struct listing_entry){strdup(name), *node, rank};
	if (!entry->name)
		return -ENOMEM;
	listing->count++;
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct listing_entry *a = left;
	const struct listing_entry *b = right;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return strcmp(a->name, b->name);
}

void listing_sort(struct listing *listing)
{
	if (listing->count)
		qsort(listing->list, listing->count, sizeof *listing->list, compare);
}
