/*
 * Two arrays, searched from end to end: what fits into one entry (ENTRY_MAX) is a few thousand
 * rows.
 */
#include "store/change.h"

#include <sodium.h>

#include "store/grow.h"

struct change {
	struct change_item *items;
	size_t item_count;
	struct change_value *values;
	size_t value_count;
};

int change_new(struct change **ret)
{
	struct change *change = calloc(1, sizeof(*change));

	if (!change)
		return -ENOMEM;
	*ret = change;
	return 0;
}

struct change *change_free(struct change *change)
{
	if (!change)
		return NULL;
	for (size_t i = 0; i < change->item_count; i++)
		record_done(&change->items[i].record);
	free(change->items);
	free(change->values);
	free(change);
	return NULL;
}

/* The item of this record, a new one when there is none; NULL without memory. */
static struct change_item *item_of(struct change *change, struct record_id id)
{
	struct change_item *items;

	for (size_t i = 0; i < change->item_count; i++) {
		if (record_id_equal(change->items[i].record.id, id))
			return &change->items[i];
	}
	items = grow(change->items, change->item_count, sizeof(*items));
	if (!items)
		return NULL;
	change->items = items;
	items[change->item_count] = (struct change_item){.record.id = id};
	return &items[change->item_count++];
}

int change_put(struct change *change, const struct record *record)
{
	CLEANUP_RECORD struct record copy = {0};
	struct change_item *item;
	int r;

	r = record_copy(record, &copy);
	if (r < 0)
		return r;
	item = item_of(change, record->id);
	if (!item)
		return -ENOMEM;
	record_done(&item->record);
	*item = (struct change_item){.record = copy};
	copy = (struct record){0};
	return 0;
}

int change_remove(struct change *change, struct record_id id)
{
	struct change_item *item = item_of(change, id);

	if (!item)
		return -ENOMEM;
	record_done(&item->record);
	*item = (struct change_item){.remove = true, .record.id = id};
	return 0;
}

int change_put_value(struct change *change, struct record_id field, uint64_t version,
		     const struct secret *value)
{
	const struct change_value new = {.field = field, .version = version, .value = value};
	struct change_value *values;

	for (size_t i = 0; i < change->value_count; i++) {
		if (record_id_equal(change->values[i].field, field) &&
		    change->values[i].version == version) {
			change->values[i] = new;
			return 0;
		}
	}
	values = grow(change->values, change->value_count, sizeof(*values));
	if (!values)
		return -ENOMEM;
	change->values = values;
	values[change->value_count++] = new;
	return 0;
}

int change_remove_value(struct change *change, struct record_id field, uint64_t version)
{
	return change_put_value(change, field, version, NULL);
}

bool change_is_empty(const struct change *change)
{
	return change->item_count == 0 && change->value_count == 0;
}

size_t change_items(const struct change *change, const struct change_item **ret)
{
	*ret = change->items;
	return change->item_count;
}

size_t change_values(const struct change *change, const struct change_value **ret)
{
	*ret = change->values;
	return change->value_count;
}

struct record_id record_id_new(void)
{
	struct record_id id;

	randombytes_buf(id.bytes, sizeof(id.bytes));
	return id;
}
