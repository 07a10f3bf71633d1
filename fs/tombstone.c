#include "fs/tombstone.h"

static const uint64_t fresh_ns = UINT64_C(1000000000) * TOMBSTONE_SECONDS;

static bool is_wanted(const struct tombstone *tombstone, uint64_t now)
{
	return tombstone->removed &&
	       (now - tombstone->removed < fresh_ns || (tombstone->holders && now < UINT64_MAX));
}

static struct tombstone *find(struct tombstones *tombstones, struct record_id field)
{
	for (size_t i = 0; i < TOMBSTONES; i++) {
		struct tombstone *tombstone = &tombstones->list[i];

		if (tombstone->removed && record_id_equal(tombstone->field, field))
			return tombstone;
	}
	return NULL;
}

bool tombstones_put(struct tombstones *tombstones, const struct tombstone *tombstone)
{
	struct tombstone *place = find(tombstones, tombstone->field);

	for (size_t i = 0; !place && i < TOMBSTONES; i++) {
		if (!tombstones->list[i].removed)
			place = &tombstones->list[i];
	}
	if (place) {
		*place = *tombstone;
		tombstones->changes++;
	}
	return place;
}

bool tombstones_is_buried(struct tombstones *tombstones, struct record_id field)
{
	return find(tombstones, field);
}

static bool is_for(const struct tombstone *tombstone, uid_t uid)
{
	return tombstone->uid == uid || tombstone->uid == TOMBSTONE_ANYBODY;
}

const struct tombstone *tombstones_find(const struct tombstones *tombstones, struct record_id field,
					uid_t uid, uint64_t now)
{
	for (size_t i = 0; i < TOMBSTONES; i++) {
		const struct tombstone *tombstone = &tombstones->list[i];

		if (is_wanted(tombstone, now) && is_for(tombstone, uid) &&
		    record_id_equal(tombstone->field, field))
			return tombstone;
	}
	return NULL;
}

void tombstones_drop(struct tombstones *tombstones, struct record_id field)
{
	struct tombstone *tombstone = find(tombstones, field);

	if (tombstone) {
		*tombstone = (struct tombstone){0};
		tombstones->changes++;
	}
}

bool tombstones_hold(struct tombstones *tombstones, struct record_id field, uid_t uid, uint64_t now)
{
	if (!tombstones_find(tombstones, field, uid, now))
		return false;
	find(tombstones, field)->holders++;
	return true;
}

void tombstones_hold_again(struct tombstones *tombstones, struct record_id field)
{
	struct tombstone *tombstone = find(tombstones, field);

	if (tombstone)
		tombstone->holders++;
}

void tombstones_release(struct tombstones *tombstones, struct record_id field)
{
	struct tombstone *tombstone = find(tombstones, field);

	/* Meanwhile another value may have come and gone, which nobody holds. */
	if (tombstone && tombstone->holders)
		tombstone->holders--;
}

bool tombstones_take_expired(struct tombstones *tombstones, uint64_t now, struct tombstone *ret)
{
	for (size_t i = 0; i < TOMBSTONES; i++) {
		struct tombstone *tombstone = &tombstones->list[i];

		if (!tombstone->removed || is_wanted(tombstone, now))
			continue;
		*ret = *tombstone;
		*tombstone = (struct tombstone){0};
		tombstones->changes++;
		return true;
	}
	return false;
}
