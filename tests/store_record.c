#include "store/record.h"

#include "store/seal.h"
#include "tests/vectors.h"

static void vector_id(const json_t *vector, const char *member, struct record_id *ret)
{
	if (json_object_get(vector, member))
		vector_get(vector, member, ret->bytes, ID_SIZE);
}

static uint64_t vector_number_or_zero(const json_t *vector, const char *member)
{
	return json_object_get(vector, member) ? vector_number(vector, member) : 0;
}

static char *vector_string_or_null(const json_t *vector, const char *member)
{
	return json_object_get(vector, member) ? strdup(vector_text(vector, member)) : NULL;
}

static struct record vector_record(const json_t *vector)
{
	struct record record = {
		.name = vector_string_or_null(vector, "name"),
		.text = vector_string_or_null(vector, "text"),
		.created = vector_number_or_zero(vector, "created"),
		.updated = vector_number_or_zero(vector, "updated"),
		.value_version = vector_number_or_zero(vector, "value_version"),
		.value_last = vector_number_or_zero(vector, "value_last"),
		.value_size = vector_number_or_zero(vector, "value_size"),
		.secret = json_is_true(json_object_get(vector, "secret")),
		.orphaned = vector_number_or_zero(vector, "orphaned"),
	};
	struct bytes unknown = {0};

	vector_id(vector, "parent", &record.parent);
	vector_id(vector, "target", &record.target);
	vector_id(vector, "salt", &record.salt);
	if (json_object_get(vector, "unknown")) {
		unknown = vector_bytes(vector, "unknown");
		record.unknown = unknown.at;
		record.unknown_size = unknown.size;
	}
	return record;
}

static bool string_equal(const char *a, const char *b)
{
	return !a || !b ? a == b : strcmp(a, b) == 0;
}

static void assert_equal(const struct record *a, const struct record *b)
{
	cr_assert(record_id_equal(a->parent, b->parent));
	cr_assert(record_id_equal(a->target, b->target));
	cr_assert(record_id_equal(a->salt, b->salt));
	cr_assert(string_equal(a->name, b->name));
	cr_assert(string_equal(a->text, b->text));
	cr_assert_eq(a->created, b->created);
	cr_assert_eq(a->updated, b->updated);
	cr_assert_eq(a->value_version, b->value_version);
	cr_assert_eq(a->value_last, b->value_last);
	cr_assert_eq(a->value_size, b->value_size);
	cr_assert_eq(a->secret, b->secret);
	cr_assert_eq(a->orphaned, b->orphaned);
	cr_assert_eq(a->unknown_size, b->unknown_size);
	if (a->unknown_size > 0)
		cr_assert_arr_eq(a->unknown, b->unknown, a->unknown_size);
}

Test(record, relations_are_those_of_the_vectors)
{
	json_auto_t *cases = vectors("record", "cases");
	json_t *vector;
	size_t i;

	json_array_foreach(cases, i, vector)
	{
		CLEANUP_RECORD struct record record = vector_record(vector);
		struct relations relations;

		record.kind = (enum record_kind)vector_number(vector, "kind");
		vector_id(vector, "id", &record.id);
		relations = record_relations(&record);
		cr_assert(vector_holds(vector, "relations", relations.bytes, ID_SIZE));
	}
}

/* What belongs to them changes them, and nothing else does. */
Test(record, relations_are_kind_id_parent_target_and_secrecy_under_the_salt)
{
	const struct record record = {.id = {{1}}, .kind = RECORD_FIELD, .parent = {{2}}};
	struct record altered[] = {record, record, record, record, record, record, record};
	struct relations relations = record_relations(&record), other;

	altered[0].id.bytes[15] = 1;
	altered[1].kind = RECORD_ACCOUNT;
	altered[2].parent.bytes[15] = 1;
	altered[3].target.bytes[15] = 1;
	altered[4].secret = true;
	altered[5].salt.bytes[15] = 1;
	altered[6].value_version = 1;
	for (size_t i = 0; i < sizeof(altered) / sizeof(altered[0]); i++) {
		other = record_relations(&altered[i]);
		cr_assert_eq(relations_equal(&relations, &other), i == 6, "%zu", i);
	}
}

Test(record, payload_is_that_of_the_vectors_and_comes_back)
{
	json_auto_t *cases = vectors("record", "cases");
	json_t *vector;
	size_t i;

	json_array_foreach(cases, i, vector)
	{
		CLEANUP_RECORD struct record record = vector_record(vector);
		CLEANUP_RECORD struct record decoded = {0};
		CLEANUP_BYTES struct bytes expected = vector_bytes(vector, "payload");
		CLEANUP_FREE uint8_t *payload = NULL;
		size_t size = 0;

		cr_assert_eq(record_encode(&record, &payload, &size), 0);
		cr_assert_eq(size, expected.size);
		cr_assert_arr_eq(payload, expected.at, size);
		cr_assert_eq(record_decode(expected.at, expected.size, &decoded), 0);
		assert_equal(&record, &decoded);
	}
}

Test(record, malformed_payload_is_refused)
{
	json_auto_t *refused = vectors("record", "refused");
	struct record record = {0};
	json_t *vector;
	size_t i;

	json_array_foreach(refused, i, vector)
	{
		CLEANUP_BYTES struct bytes payload = vector_bytes(vector, "payload");

		const bool later = strcmp(vector_text(vector, "error"), "EPROTONOSUPPORT") == 0;

		cr_assert_eq(record_decode(payload.at, payload.size, &record),
			     later ? -EPROTONOSUPPORT : -EBADMSG, "%s", vector_why(vector));
	}
	cr_assert_null(record.name);
}

Test(record, what_is_zero_is_not_written_and_an_empty_string_is_none)
{
	static const uint8_t explicit[] = {1, 3, 0, 0, 0, 0, 10, 1, 0, 0, 0, 0};
	CLEANUP_FREE char *empty = strdup("");
	struct record record = {.id = {{1}}, .kind = RECORD_FIELD, .version = 9, .text = empty};
	CLEANUP_RECORD struct record decoded = {0};
	CLEANUP_FREE uint8_t *payload = NULL;
	size_t size = 0;

	cr_assert_eq(record_encode(&record, &payload, &size), 0);
	cr_assert_eq(size, 1);
	cr_assert_eq(payload[0], 1);

	cr_assert_eq(record_decode(explicit, sizeof(explicit), &decoded), 0);
	cr_assert_null(decoded.name);
	cr_assert_not(decoded.secret);
}

static char *repeat(char c, size_t size)
{
	char *string = malloc(size + 1);

	cr_assert_not_null(string);
	memset(string, c, size);
	string[size] = '\0';
	return string;
}

static const struct {
	size_t name;
	size_t text;
	int result;
} bounds[] = {
	{255, 0, 0},	    {256, 0, -EFBIG},	  {0, 65536, 0},
	{0, 65537, -EFBIG}, {5, 65536, 0},	  {6, 65536, -EFBIG}, /* each fits, both do not */
	{255, 65286, 0},    {255, 65287, -EFBIG},
};

Test(record, is_as_large_as_a_row_can_be_and_no_larger)
{
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		CLEANUP_RECORD struct record record = {.name = repeat('n', bounds[i].name),
						       .text = repeat('t', bounds[i].text)};
		CLEANUP_RECORD struct record decoded = {0};
		CLEANUP_FREE uint8_t *payload = NULL;
		size_t size = 0;

		cr_assert_eq(record_encode(&record, &payload, &size), bounds[i].result, "%zu", i);
		if (bounds[i].result < 0)
			continue;
		cr_assert_leq(size, SEAL_PLAIN_MAX);
		cr_assert_eq(record_decode(payload, size, &decoded), 0);
		if (bounds[i].text > 0)
			cr_assert_str_eq(decoded.text, record.text);
	}
}

/* A payload with one string of this size under this tag. */
static int decode_one(uint8_t tag, size_t text_size)
{
	size_t size = 1 + 1 + 4 + text_size;
	CLEANUP_FREE uint8_t *payload = malloc(size);
	CLEANUP_RECORD struct record record = {0};

	cr_assert_not_null(payload);
	memset(payload, 't', size);
	payload[0] = 1;
	payload[1] = tag;
	for (size_t i = 0; i < 4; i++)
		payload[2 + i] = (uint8_t)(text_size >> 8 * i);
	return record_decode(payload, size, &record);
}

Test(record, payload_over_a_bound_is_refused)
{
	cr_assert_eq(decode_one(4, 65536), 0);
	cr_assert_eq(decode_one(4, 65537), -EBADMSG);
	cr_assert_eq(decode_one(200, SEAL_PLAIN_MAX - 6), 0);
	cr_assert_eq(decode_one(200, SEAL_PLAIN_MAX - 5), -EBADMSG);
}

Test(record, largest_numbers_come_back)
{
	struct record record = {.created = UINT64_MAX,
				.updated = UINT64_MAX,
				.value_version = UINT64_MAX,
				.value_last = UINT64_MAX,
				.value_size = UINT64_MAX};
	CLEANUP_RECORD struct record decoded = {0};
	CLEANUP_FREE uint8_t *payload = NULL;
	size_t size = 0;

	cr_assert_eq(record_encode(&record, &payload, &size), 0);
	cr_assert_eq(record_decode(payload, size, &decoded), 0);
	assert_equal(&record, &decoded);
}

Test(record, copy_shares_nothing)
{
	struct record record = {.id = {{1}}, .kind = RECORD_ROLE, .version = 3, .created = 4};
	CLEANUP_RECORD struct record copy = {0};

	record.name = strdup("owner");
	record.text = strdup("user:alice\n");
	record.unknown = (uint8_t *)strdup("later");
	record.unknown_size = 5;
	cr_assert_eq(record_copy(&record, &copy), 0);
	assert_equal(&record, &copy);
	cr_assert(record_id_equal(copy.id, record.id));
	cr_assert_eq(copy.kind, RECORD_ROLE);
	cr_assert_eq(copy.version, 3);

	record_done(&record);
	cr_assert_null(record.name);
	cr_assert_str_eq(copy.name, "owner");
	cr_assert_str_eq(copy.text, "user:alice\n");
	cr_assert_arr_eq(copy.unknown, "later", 5);
}

Test(record, copy_of_an_empty_one_is_empty)
{
	CLEANUP_RECORD struct record copy = {.name = NULL};
	struct record record = {0};

	cr_assert_eq(record_copy(&record, &copy), 0);
	assert_equal(&record, &copy);
}

Test(record, random_payloads_are_refused_or_understood_twice_alike)
{
	uint8_t payload[80];
	unsigned seed = 1;

	for (size_t round = 0; round < 50000; round++) {
		CLEANUP_RECORD struct record once = {0}, twice = {0};
		CLEANUP_FREE uint8_t *coded = NULL;
		size_t size = (size_t)rand_r(&seed) % sizeof(payload);
		int r;

		/* Small numbers make lengths that fit. */
		for (size_t i = 0; i < size; i++)
			payload[i] = (uint8_t)(rand_r(&seed) % 4 ? 0 : rand_r(&seed) % 17);
		payload[0] = 1;
		r = record_decode(payload, size, &once);
		cr_assert(r == 0 || r == -EBADMSG);
		if (r < 0)
			continue;
		cr_assert_eq(record_encode(&once, &coded, &size), 0);
		cr_assert_eq(record_decode(coded, size, &twice), 0);
		assert_equal(&once, &twice);
	}
}
