#include "store/map.h"

#include "tests/vectors.h"

#define CLEANUP_MAP CLEANUP(map_freep)

static struct map *new_map(void)
{
	struct map *map = NULL;

	cr_assert_eq(map_new(&map), 0);
	return map;
}

static struct map_row vector_row(const json_t *vector)
{
	struct map_row row = {
		.ref.table = (enum row_table)vector_number(vector, "table"),
		.ref.kind = (uint32_t)vector_number(vector, "kind"),
		.ref.version = vector_number(vector, "version"),
		.ref.epoch = (uint32_t)vector_number(vector, "epoch"),
	};

	vector_get(vector, "id", row.ref.id.bytes, ID_SIZE);
	vector_get(vector, "relations", row.ref.relations.bytes, ID_SIZE);
	vector_get(vector, "digest", row.digest.bytes, DIGEST_SIZE);
	return row;
}

static void put(struct map *map, enum row_table table, uint8_t id, uint64_t version, uint8_t mark)
{
	struct row_ref ref = {table, {{id}}, 6, version, 1, {{0}}};
	struct digest digest = {{mark}};

	cr_assert_eq(map_put(map, &ref, &digest), 0);
}

static struct record_id id_of(uint8_t first)
{
	return (struct record_id){{first}};
}

static void assert_root(struct map *map, const struct digest *expected, bool equal)
{
	struct digest root = map_root(map);

	cr_assert_eq(digest_equal(&root, expected), equal);
}

Test(map, root_is_that_of_the_vectors_in_whatever_order_rows_come)
{
	json_auto_t *cases = vectors("map", "cases");
	json_t *vector;
	size_t i;

	json_array_foreach(cases, i, vector)
	{
		CLEANUP_MAP struct map *forth = new_map(), *back = new_map();
		const json_t *rows = json_object_get(vector, "rows");
		struct digest root;

		for (size_t j = 0; j < json_array_size(rows); j++) {
			struct map_row row = vector_row(json_array_get(rows, j));

			cr_assert_eq(map_put(forth, &row.ref, &row.digest), 0);
			/* Roots between must not be remembered. */
			root = map_root(forth);
		}
		for (size_t j = json_array_size(rows); j-- > 0;) {
			struct map_row row = vector_row(json_array_get(rows, j));

			cr_assert_eq(map_put(back, &row.ref, &row.digest), 0);
		}
		root = map_root(forth);
		cr_assert_eq(map_size(forth), json_array_size(rows));
		cr_assert(vector_holds(vector, "root", root.bytes, DIGEST_SIZE));
		assert_root(back, &root, true);
	}
}

Test(map, an_item_has_one_live_version)
{
	CLEANUP_MAP struct map *map = new_map();
	const struct map_row *row;

	put(map, ROW_ITEM, 1, 1, 10);
	put(map, ROW_ITEM, 1, 2, 20);
	cr_assert_eq(map_size(map), 1);
	row = map_get(map, ROW_ITEM, id_of(1), 77);
	cr_assert_not_null(row);
	cr_assert_eq(row->ref.version, 2);
	cr_assert_eq(row->digest.bytes[0], 20);

	map_remove(map, ROW_ITEM, id_of(1), 1);
	cr_assert_eq(map_size(map), 0);
	cr_assert_null(map_get(map, ROW_ITEM, id_of(1), 2));
}

Test(map, a_value_has_a_row_for_each_version)
{
	static const uint64_t added[] = {3, 1, 256, 2, UINT64_MAX, 0};
	CLEANUP_MAP struct map *map = new_map();
	uint64_t versions[8] = {0};

	for (size_t i = 0; i < 6; i++)
		put(map, ROW_VALUE, 7, added[i], (uint8_t)added[i]);
	put(map, ROW_ITEM, 7, 9, 9);
	put(map, ROW_VALUE, 6, 4, 4);
	put(map, ROW_VALUE, 8, 5, 5);

	cr_assert_eq(map_value_versions(map, id_of(7), versions, 8), 6);
	cr_assert_arr_eq(versions, ((uint64_t[]){0, 1, 2, 3, 256, UINT64_MAX}), 48);
	cr_assert_eq(map_get(map, ROW_VALUE, id_of(7), 256)->ref.version, 256);
	cr_assert_null(map_get(map, ROW_VALUE, id_of(7), 4));

	map_remove(map, ROW_VALUE, id_of(7), 4);
	map_remove(map, ROW_VALUE, id_of(7), 2);
	memset(versions, 0, sizeof(versions));
	cr_assert_eq(map_value_versions(map, id_of(7), versions, 2), 5);
	cr_assert_arr_eq(versions, ((uint64_t[]){0, 1, 0}), 24);
	cr_assert_eq(map_value_versions(map, id_of(9), versions, 2), 0);
	cr_assert_eq(map_size(map), 8);
}

Test(map, items_and_values_of_one_id_are_apart)
{
	CLEANUP_MAP struct map *map = new_map();

	put(map, ROW_ITEM, 1, 1, 10);
	put(map, ROW_VALUE, 1, 1, 20);
	cr_assert_eq(map_get(map, ROW_ITEM, id_of(1), 1)->digest.bytes[0], 10);
	cr_assert_eq(map_get(map, ROW_VALUE, id_of(1), 1)->digest.bytes[0], 20);
	map_remove(map, ROW_ITEM, id_of(1), 0);
	cr_assert_not_null(map_get(map, ROW_VALUE, id_of(1), 1));
}

Test(map, root_depends_on_every_part_of_a_row_and_on_nothing_else)
{
	static const struct map_row row = {{ROW_VALUE, {{1, 2}}, 3, 4, 5, {{7}}}, {{6}}};
	struct map_row altered[] = {row, row, row, row, row, row, row};
	CLEANUP_MAP struct map *map = new_map();
	struct digest empty = map_root(map), root;

	cr_assert_eq(map_put(map, &row.ref, &row.digest), 0);
	root = map_root(map);
	altered[0].ref.table = ROW_ITEM;
	altered[1].ref.id.bytes[15] = 1;
	altered[2].ref.kind++;
	altered[3].ref.version++;
	altered[4].ref.epoch++;
	altered[5].digest.bytes[31] = 1;
	altered[6].ref.relations.bytes[15] = 1;
	for (size_t i = 0; i < sizeof(altered) / sizeof(altered[0]); i++) {
		map_remove(map, row.ref.table, row.ref.id, row.ref.version);
		assert_root(map, &empty, true);
		cr_assert_eq(map_put(map, &altered[i].ref, &altered[i].digest), 0);
		assert_root(map, &root, false);
		map_remove(map, altered[i].ref.table, altered[i].ref.id, altered[i].ref.version);
		assert_root(map, &empty, true);
		cr_assert_eq(map_put(map, &row.ref, &row.digest), 0);
		assert_root(map, &root, true);
	}
}

static struct map_row random_row(unsigned *seed, unsigned ids)
{
	unsigned id = (unsigned)rand_r(seed) % ids * 2654435761U;
	struct map_row row = {.ref.table = rand_r(seed) % 2 ? ROW_ITEM : ROW_VALUE,
			      .ref.version = (uint64_t)rand_r(seed) % 5,
			      .ref.kind = 6,
			      .ref.epoch = 1};

	memcpy(row.ref.id.bytes, &id, sizeof(id));
	memcpy(row.digest.bytes, seed, sizeof(*seed));
	return row;
}

Test(map, any_sequence_of_changes_leaves_what_its_rows_alone_would)
{
	CLEANUP_MAP struct map *map = new_map(), *again = new_map();
	const struct map_row *row, *previous = NULL;
	uint64_t cursor = 0;
	unsigned seed = 7;
	struct digest root;
	size_t count = 0;

	for (size_t i = 0; i < 100000; i++) {
		struct map_row random = random_row(&seed, 20000);

		if (rand_r(&seed) % 3)
			cr_assert_eq(map_put(map, &random.ref, &random.digest), 0);
		else
			map_remove(map, random.ref.table, random.ref.id, random.ref.version);
		if (i % 1000 == 0)
			root = map_root(map);
	}

	while ((row = map_next(map, &cursor))) {
		int order = previous ? previous->ref.id.bytes[0] - row->ref.id.bytes[0] : -1;

		if (order == 0)
			order = (int)previous->ref.table - (int)row->ref.table;
		if (order == 0)
			order = record_id_compare(previous->ref.id, row->ref.id);
		cr_assert(order < 0 || (order == 0 && row->ref.table == ROW_VALUE &&
					previous->ref.version < row->ref.version));
		cr_assert_eq(map_get(map, row->ref.table, row->ref.id, row->ref.version), row);
		cr_assert_eq(map_put(again, &row->ref, &row->digest), 0);
		previous = row;
		count++;
	}
	cr_assert_null(map_next(map, &cursor));
	cr_assert_eq(count, map_size(map));
	cr_assert_gt(count, 10000);
	root = map_root(map);
	assert_root(again, &root, true);
}

Test(map, empty_one_has_no_rows)
{
	CLEANUP_MAP struct map *map = new_map();
	uint64_t cursor = 0;

	cr_assert_null(map_next(map, &cursor));
	cr_assert_null(map_get(map, ROW_ITEM, id_of(0), 0));
	cr_assert_eq(map_size(map), 0);
	map_remove(map, ROW_ITEM, id_of(0), 0);
	cr_assert_eq(map_size(map), 0);
}
