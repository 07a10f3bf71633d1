#include "store/entry.h"

#include "store/secret.h"
#include "tests/vectors.h"

#define CLEANUP_POOL CLEANUP(secret_pool_freep)
#define CLEANUP_RECIPIENT CLEANUP(recipient_freep)

enum { SIGNATURE = RECIPIENT_SIGNATURE_SIZE };

static const char *const types[] = {
	[ENTRY_GENESIS] = "genesis", [ENTRY_ADD] = "add",	[ENTRY_REMOVE] = "remove",
	[ENTRY_EPOCH] = "epoch",     [ENTRY_CHANGE] = "change", [ENTRY_RECOVER] = "recover",
	[ENTRY_RETIRE] = "retire",
};

static struct recipient *signer_of(struct secret_pool *pool, const json_t *vector)
{
	struct recipient *recipient = NULL;
	uint8_t seed[RECIPIENT_SEED_SIZE];

	vector_get(vector, "seed", seed, sizeof(seed));
	cr_assert_eq(recipient_from_seed(pool, seed, &recipient), 0);
	return recipient;
}

static struct secret_pool *pool_new(void)
{
	struct secret_pool *pool = NULL;

	cr_assert_eq(secret_pool_new(1 << 20, &pool), 0);
	return pool;
}

static void assert_members(const json_t *members, const struct entry *entry)
{
	cr_assert_eq(entry->member_count, json_array_size(members));
	for (size_t i = 0; i < entry->member_count; i++) {
		const json_t *member = json_array_get(members, i);
		const struct recipient_public *public = &entry->members[i].public;

		cr_assert_eq(entry->members[i].can, vector_number(member, "can"));
		cr_assert(vector_holds(member, "box", public->box, 32));
		cr_assert(vector_holds(member, "sign", public->sign, 32));
	}
}

static void assert_epochs(const json_t *epochs, const struct entry *entry)
{
	cr_assert_eq(entry->epoch_count, json_array_size(epochs));
	for (size_t i = 0; i < entry->epoch_count; i++) {
		const struct entry_epoch *epoch = &entry->epochs[i];
		const json_t *vector = json_array_get(epochs, i);

		cr_assert_eq(epoch->number, vector_number(vector, "epoch"));
		cr_assert(vector_holds(vector, "commitment", epoch->commitment.bytes, DIGEST_SIZE));
		cr_assert(vector_holds(vector, "wrapset", epoch->wrapset.bytes, DIGEST_SIZE));
	}
}

static void assert_rows(const json_t *rows, const struct entry *entry)
{
	cr_assert_eq(entry->row_count, json_array_size(rows));
	for (size_t i = 0; i < entry->row_count; i++) {
		const struct entry_row *row = &entry->rows[i];
		const json_t *vector = json_array_get(rows, i);

		cr_assert_eq(row->ref.table, vector_number(vector, "table"));
		cr_assert_eq(row->ref.kind, vector_number(vector, "kind"));
		cr_assert(vector_holds(vector, "id", row->ref.id.bytes, ID_SIZE));
		cr_assert_eq(row->ref.version, vector_number(vector, "version"));
		cr_assert_eq(row->ref.epoch, vector_number(vector, "epoch"));
		cr_assert(vector_holds(vector, "relations", row->ref.relations.bytes, ID_SIZE));
		cr_assert(vector_holds(vector, "digest", row->digest.bytes, DIGEST_SIZE));
	}
}

static void assert_entry(const json_t *vector, const struct entry *entry)
{
	cr_assert_str_eq(types[entry->type], vector_text(vector, "type"));
	cr_assert(vector_holds(vector, "org", entry->org.bytes, ID_SIZE));
	cr_assert_eq(entry->generation, vector_number(vector, "generation"));
	cr_assert(vector_holds(vector, "previous", entry->previous.bytes, DIGEST_SIZE));
	cr_assert_eq(entry->time, vector_number(vector, "time"));
	cr_assert(vector_holds(vector, "signer", entry->signer.bytes, ID_SIZE));
	cr_assert(vector_holds(vector, "root", entry->root.bytes, DIGEST_SIZE));
	cr_assert(vector_holds(vector, "member_head", entry->member_head.bytes, DIGEST_SIZE));
	assert_rows(json_object_get(vector, "rows"), entry);
	if (entry->type == ENTRY_RECOVER) {
		cr_assert_eq(entry->abandoned.generation,
			     vector_number(vector, "abandoned_generation"));
		cr_assert(vector_holds(vector, "abandoned", entry->abandoned.head.bytes,
				       DIGEST_SIZE));
	}
	if (!json_object_get(vector, "members")) {
		cr_assert_null(entry->members);
		return;
	}
	cr_assert(vector_holds(vector, "nonce", entry->nonce, sizeof(entry->nonce)));
	assert_epochs(json_object_get(vector, "epochs"), entry);
	assert_members(json_object_get(vector, "members"), entry);
}

Test(entry, of_each_type_is_read_and_signed_as_in_the_vectors)
{
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	json_auto_t *log = vectors("entry", "log");
	json_t *vector;
	size_t i;

	json_array_foreach(log, i, vector)
	{
		CLEANUP_RECIPIENT struct recipient *signer = signer_of(pool, vector);
		CLEANUP_BYTES struct bytes coded = vector_bytes(vector, "bytes");
		CLEANUP_ENTRY struct entry entry = {0};
		CLEANUP_FREE uint8_t *again = NULL;
		struct digest digest = entry_digest(coded.at, coded.size);
		size_t size = 0;

		cr_assert_eq(entry_decode(coded.at, coded.size, &entry), 0);
		assert_entry(vector, &entry);
		cr_assert(vector_holds(vector, "digest", digest.bytes, DIGEST_SIZE));
		cr_assert_eq(entry_verify(coded.at, coded.size, recipient_public(signer)), 0);

		entry.signer = (struct recipient_id){{0}};
		cr_assert_eq(entry_sign(&entry, signer, &again, &size), 0);
		cr_assert_eq(size, coded.size);
		cr_assert_arr_eq(again, coded.at, size);
		cr_assert(vector_holds(vector, "signer", entry.signer.bytes, ID_SIZE));
	}
}

Test(entry, malformed_one_is_refused_and_a_later_one_named)
{
	json_auto_t *refused = vectors("entry", "decode_refused");
	struct entry entry = {0};
	json_t *vector;
	size_t i;

	json_array_foreach(refused, i, vector)
	{
		CLEANUP_BYTES struct bytes coded = vector_bytes(vector, "bytes");
		bool later = strcmp(vector_text(vector, "error"), "EPROTONOSUPPORT") == 0;

		cr_assert_eq(entry_decode(coded.at, coded.size, &entry),
			     later ? -EPROTONOSUPPORT : -EBADMSG, "%s", vector_why(vector));
	}
	cr_assert_null(entry.rows);
}

Test(entry, truncated_anywhere_is_refused)
{
	json_auto_t *log = vectors("entry", "log");
	struct entry entry = {0};
	json_t *vector;
	size_t i;

	json_array_foreach(log, i, vector)
	{
		CLEANUP_BYTES struct bytes coded = vector_bytes(vector, "bytes");

		for (size_t size = 0; size < coded.size; size++) {
			CLEANUP_FREE uint8_t *cut = malloc(size + 1);

			cr_assert_not_null(cut);
			memcpy(cut, coded.at, size);
			cr_assert_eq(entry_decode(cut, size, &entry), -EBADMSG);
		}
	}
}

Test(entry, signature_of_anything_else_is_refused)
{
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	json_auto_t *refused = vectors("entry", "verify_refused");
	json_t *vector;
	size_t i;

	json_array_foreach(refused, i, vector)
	{
		CLEANUP_RECIPIENT struct recipient *signer = signer_of(pool, vector);
		CLEANUP_BYTES struct bytes coded = vector_bytes(vector, "bytes");

		cr_assert_eq(entry_verify(coded.at, coded.size, recipient_public(signer)), -EBADMSG,
			     "%s", vector_why(vector));
	}
}

Test(entry, wrapset_is_that_of_the_vectors_in_whatever_order)
{
	json_auto_t *sets = vectors("entry", "wrapsets");
	json_t *vector;
	size_t i;

	json_array_foreach(sets, i, vector)
	{
		const json_t *list = json_object_get(vector, "wraps");
		size_t count = json_array_size(list);
		struct entry_wrap wraps[4], backwards[4];
		struct digest digest;

		for (size_t j = 0; j < count; j++) {
			const json_t *wrap = json_array_get(list, j);

			vector_get(wrap, "recipient", wraps[j].recipient.bytes, ID_SIZE);
			vector_get(wrap, "sealed", wraps[j].sealed, sizeof(wraps[j].sealed));
			backwards[count - 1 - j] = wraps[j];
		}
		digest = entry_wrapset(wraps, count);
		cr_assert(vector_holds(vector, "digest", digest.bytes, DIGEST_SIZE));
		digest = entry_wrapset(backwards, count);
		cr_assert(vector_holds(vector, "digest", digest.bytes, DIGEST_SIZE));
	}
}

/* What fits beside the head, the count of rows and the signature. */
enum { ROWS_MAX = (ENTRY_MAX - 150 - 4 - SIGNATURE) / 81 };

static struct entry change_of(size_t rows)
{
	struct entry entry = {.type = ENTRY_CHANGE, .generation = 2, .row_count = rows};

	entry.rows = calloc(rows, sizeof(entry.rows[0]));
	cr_assert_not_null(entry.rows);
	for (size_t i = 0; i < rows; i++)
		entry.rows[i].ref.table = ROW_ITEM;
	return entry;
}

Test(entry, is_as_large_as_its_bound_and_no_larger)
{
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	CLEANUP_ENTRY struct entry most = change_of(ROWS_MAX), more = change_of(ROWS_MAX + 1);
	CLEANUP_ENTRY struct entry decoded = {0};
	CLEANUP_RECIPIENT struct recipient *signer = NULL;
	CLEANUP_FREE uint8_t *coded = NULL, *longer = NULL;
	uint8_t *none = NULL;
	size_t size = 0;

	cr_assert_eq(recipient_generate(pool, &signer), 0);
	cr_assert_eq(entry_sign(&more, signer, &none, &size), -EFBIG);
	cr_assert_null(none);
	cr_assert_eq(entry_sign(&most, signer, &coded, &size), 0);
	cr_assert_leq(size, ENTRY_MAX);
	cr_assert_eq(entry_decode(coded, size, &decoded), 0);
	cr_assert_eq(decoded.row_count, ROWS_MAX);
	cr_assert_eq(entry_verify(coded, size, recipient_public(signer)), 0);

	longer = calloc(1, ENTRY_MAX + 1);
	cr_assert_not_null(longer);
	memcpy(longer, coded, size);
	cr_assert_eq(entry_decode(longer, ENTRY_MAX + 1, &decoded), -EBADMSG);
	cr_assert_eq(entry_verify(longer, ENTRY_MAX + 1, recipient_public(signer)), -EBADMSG);
}

Test(entry, altered_anywhere_is_never_more_than_refused)
{
	json_auto_t *log = vectors("entry", "log");
	json_t *vector;
	size_t i;

	json_array_foreach(log, i, vector)
	{
		CLEANUP_BYTES struct bytes coded = vector_bytes(vector, "bytes");
		unsigned seed = (unsigned)i;

		for (size_t round = 0; round < 10000; round++) {
			CLEANUP_ENTRY struct entry entry = {0};
			size_t at = (size_t)rand_r(&seed) % coded.size;
			uint8_t was = coded.at[at];
			int r;

			coded.at[at] = (uint8_t)rand_r(&seed);
			r = entry_decode(coded.at, coded.size, &entry);
			cr_assert(r == 0 || r == -EBADMSG || r == -EPROTONOSUPPORT);
			coded.at[at] = was;
		}
	}
}
