#include "store/map.h"

#include <assert.h>
#include <sodium.h>

#include "store/wire.h"

/*
 * Each bucket is an array sorted by table, id and version, of an item by table and id: an item has
 * one row, and a value one for each version. Ids are random, so that buckets are of one size; the
 * digest of a bucket is kept until the bucket changes.
 */
enum { BUCKETS = 256, BUCKET_ROOM_MIN = 4 };

struct bucket {
	struct map_row *rows;
	size_t count;
	size_t room;
	bool stale; /* the digest is of former rows */
	struct digest digest;
};

struct map {
	size_t size;
	struct bucket buckets[BUCKETS];
};

/* What a row is found by; `version` is 0 for an item. */
struct row_key {
	enum row_table table;
	struct record_id id;
	uint64_t version;
};

static struct row_key row_key(enum row_table table, struct record_id id, uint64_t version)
{
	assert(table == ROW_ITEM || table == ROW_VALUE);
	return (struct row_key){table, id, table == ROW_ITEM ? 0 : version};
}

static int row_compare(const struct map_row *row, const struct row_key *key)
{
	uint64_t version = row->ref.table == ROW_ITEM ? 0 : row->ref.version;
	int r;

	if (row->ref.table != key->table)
		return row->ref.table < key->table ? -1 : 1;
	r = record_id_compare(row->ref.id, key->id);
	if (r != 0)
		return r;
	return (version > key->version) - (version < key->version);
}

/* The index of the first row that is not below the key. */
static size_t bucket_seek(const struct bucket *bucket, const struct row_key *key, bool *ret_found)
{
	size_t low = 0, high = bucket->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (row_compare(&bucket->rows[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_found = low < bucket->count && row_compare(&bucket->rows[low], key) == 0;
	return low;
}

static int bucket_insert(struct bucket *bucket, size_t index)
{
	size_t room = bucket->room ? 2 * bucket->room : BUCKET_ROOM_MIN;
	struct map_row *rows;

	if (bucket->count == bucket->room) {
		rows = reallocarray(bucket->rows, room, sizeof(*rows));
		if (!rows)
			return -ENOMEM;
		bucket->rows = rows;
		bucket->room = room;
	}
	memmove(&bucket->rows[index + 1], &bucket->rows[index],
		(bucket->count - index) * sizeof(bucket->rows[0]));
	bucket->count++;
	return 0;
}

static const struct digest *bucket_digest(struct bucket *bucket)
{
	static const char domain[] = "credfs bucket v1";
	uint8_t coded[1 + ID_SIZE + 8 + 4 + 4 + ID_SIZE + DIGEST_SIZE];
	crypto_generichash_state state;

	if (!bucket->stale)
		return &bucket->digest;

	crypto_generichash_init(&state, NULL, 0, DIGEST_SIZE);
	crypto_generichash_update(&state, (const uint8_t *)domain, sizeof(domain) - 1);
	for (size_t i = 0; i < bucket->count; i++) {
		const struct map_row *row = &bucket->rows[i];
		uint8_t *at = coded;

		at = wire_store_u8(at, (uint8_t)row->ref.table);
		at = wire_store(at, row->ref.id.bytes, ID_SIZE);
		at = wire_store_u64(at, row->ref.version);
		at = wire_store_u32(at, row->ref.kind);
		at = wire_store_u32(at, row->ref.epoch);
		at = wire_store(at, row->ref.relations.bytes, ID_SIZE);
		wire_store(at, row->digest.bytes, DIGEST_SIZE);
		crypto_generichash_update(&state, coded, sizeof(coded));
	}
	crypto_generichash_final(&state, bucket->digest.bytes, DIGEST_SIZE);
	bucket->stale = false;
	return &bucket->digest;
}

int map_new(struct map **ret)
{
	struct map *map;

	map = calloc(1, sizeof(*map));
	if (!map)
		return -ENOMEM;
	for (size_t i = 0; i < BUCKETS; i++)
		map->buckets[i].stale = true;
	*ret = map;
	return 0;
}

struct map *map_free(struct map *map)
{
	if (!map)
		return NULL;
	for (size_t i = 0; i < BUCKETS; i++)
		free(map->buckets[i].rows);
	free(map);
	return NULL;
}

const struct map_row *map_get(const struct map *map, enum row_table table, struct record_id id,
			      uint64_t version)
{
	const struct bucket *bucket = &map->buckets[id.bytes[0]];
	struct row_key key = row_key(table, id, version);
	bool found;
	size_t index;

	index = bucket_seek(bucket, &key, &found);
	return found ? &bucket->rows[index] : NULL;
}

int map_put(struct map *map, const struct row_ref *ref, const struct digest *digest)
{
	struct bucket *bucket = &map->buckets[ref->id.bytes[0]];
	struct row_key key = row_key(ref->table, ref->id, ref->version);
	size_t index;
	bool found;
	int r;

	index = bucket_seek(bucket, &key, &found);
	if (!found) {
		r = bucket_insert(bucket, index);
		if (r < 0)
			return r;
		map->size++;
	}
	bucket->rows[index] = (struct map_row){*ref, *digest};
	bucket->stale = true;
	return 0;
}

void map_remove(struct map *map, enum row_table table, struct record_id id, uint64_t version)
{
	struct bucket *bucket = &map->buckets[id.bytes[0]];
	struct row_key key = row_key(table, id, version);
	size_t index;
	bool found;

	index = bucket_seek(bucket, &key, &found);
	if (!found)
		return;
	bucket->count--;
	memmove(&bucket->rows[index], &bucket->rows[index + 1],
		(bucket->count - index) * sizeof(bucket->rows[0]));
	bucket->stale = true;
	map->size--;
}

size_t map_size(const struct map *map)
{
	return map->size;
}

struct digest map_root(struct map *map)
{
	static const char domain[] = "credfs root v1";
	crypto_generichash_state state;
	struct digest root;

	crypto_generichash_init(&state, NULL, 0, DIGEST_SIZE);
	crypto_generichash_update(&state, (const uint8_t *)domain, sizeof(domain) - 1);
	for (size_t i = 0; i < BUCKETS; i++)
		crypto_generichash_update(&state, bucket_digest(&map->buckets[i])->bytes,
					  DIGEST_SIZE);
	crypto_generichash_final(&state, root.bytes, DIGEST_SIZE);
	return root;
}

/* The cursor: the bucket above 32 bits, the row in it below. */
const struct map_row *map_next(const struct map *map, uint64_t *cursor)
{
	size_t index = (uint32_t)*cursor;

	for (size_t i = *cursor >> 32; i < BUCKETS; i++) {
		if (index < map->buckets[i].count) {
			*cursor = (uint64_t)i << 32 | (index + 1);
			return &map->buckets[i].rows[index];
		}
		index = 0;
	}
	*cursor = (uint64_t)BUCKETS << 32;
	return NULL;
}

size_t map_value_versions(const struct map *map, struct record_id field, uint64_t *versions,
			  size_t max)
{
	const struct bucket *bucket = &map->buckets[field.bytes[0]];
	struct row_key key = row_key(ROW_VALUE, field, 0);
	size_t index, count = 0;
	bool found;

	for (index = bucket_seek(bucket, &key, &found); index < bucket->count; index++) {
		const struct row_ref *ref = &bucket->rows[index].ref;

		if (ref->table != ROW_VALUE || !record_id_equal(ref->id, field))
			break;
		if (count < max)
			versions[count] = ref->version;
		count++;
	}
	return count;
}
