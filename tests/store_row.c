#include "store/row.h"

#include "tests/vectors.h"

struct row {
	struct org_id org;
	struct row_ref ref;
	struct bytes sealed;
};

static struct row vector_row(const json_t *vector)
{
	struct row row = {
		.ref.table = (enum row_table)vector_number(vector, "table"),
		.ref.kind = (uint32_t)vector_number(vector, "kind"),
		.ref.version = vector_number(vector, "version"),
		.ref.epoch = (uint32_t)vector_number(vector, "epoch"),
		.sealed = vector_bytes(vector, "sealed"),
	};

	vector_get(vector, "org", row.org.bytes, ID_SIZE);
	vector_get(vector, "id", row.ref.id.bytes, ID_SIZE);
	return row;
}

Test(row, digest_is_that_of_the_vectors)
{
	json_auto_t *cases = vectors("row", "cases");
	json_t *vector;
	size_t i;

	json_array_foreach(cases, i, vector)
	{
		struct row row = vector_row(vector);
		CLEANUP_BYTES struct bytes sealed = row.sealed;
		struct digest digest = row_digest(row.org, &row.ref, sealed.at, sealed.size);

		cr_assert(vector_holds(vector, "digest", digest.bytes, DIGEST_SIZE));
	}
}

Test(row, digest_covers_every_part)
{
	static const uint8_t sealed[] = {1, 2, 3, 4};
	static const struct org_id org = {{1}}, other = {{2}};
	static const struct row_ref ref = {ROW_ITEM, {{3}}, 4, 5, 6, {{7}}};
	struct row_ref altered[] = {ref, ref, ref, ref, ref};
	struct digest digest = row_digest(org, &ref, sealed, 4), another;

	altered[0].table = ROW_VALUE;
	altered[1].id.bytes[15] = 1;
	altered[2].kind++;
	altered[3].version++;
	altered[4].epoch++;
	for (size_t i = 0; i < sizeof(altered) / sizeof(altered[0]); i++) {
		another = row_digest(org, &altered[i], sealed, 4);
		cr_assert_not(digest_equal(&digest, &another), "part %zu", i);
	}
	another = row_digest(other, &ref, sealed, 4);
	cr_assert_not(digest_equal(&digest, &another));
	another = row_digest(org, &ref, sealed, 3);
	cr_assert_not(digest_equal(&digest, &another));
	another = row_digest(org, &ref, sealed + 1, 3);
	cr_assert_not(digest_equal(&digest, &another));
}
