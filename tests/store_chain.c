#include "store/chain.h"

#include <criterion/criterion.h>

#include "tests/founding.h"
#include "tests/vectors.h"

#define CHAIN CLEANUP(chain_freep) struct chain

static struct chain *chain_at_genesis(const struct founding *founding)
{
	struct chain *chain = NULL;

	cr_assert_eq(chain_new(&founding->fingerprint, &chain), 0);
	cr_assert_eq(chain_follow(chain, founding->bytes, founding->size), 0);
	return chain;
}

static struct row_ref row_of(enum row_table table, uint8_t id, uint32_t kind, uint64_t version)
{
	return (struct row_ref){table, {{id}}, kind, version, 1, {{0}}};
}

static const struct digest content = {{0xc0, 0x47}};
static const struct digest removed;

/* Sign an entry with one row, over the root that the rows lead to. */
static void sign_row(struct founding *founding, const struct row_ref *ref,
		     const struct digest *digest, size_t signer)
{
	struct entry_row row = {.ref = *ref, .digest = *digest};
	struct entry entry;

	if (digest_is_zero(digest))
		map_remove(founding->map, ref->table, ref->id, ref->version);
	else
		cr_assert_eq(map_put(founding->map, ref, digest), 0);
	entry = founding_next(founding);
	entry.rows = &row;
	entry.row_count = 1;
	founding_sign(founding, &entry, signer);
}

Test(chain, genesis_is_its_own_proof)
{
	FOUNDING founding = founding_new();
	CHAIN *chain = chain_at_genesis(&founding);
	struct digest commitment = epoch_key_commitment(founding.key);
	enum capability can = 0;

	cr_expect_eq(chain_generation(chain), 1);
	cr_expect_eq(chain_time(chain), 1);
	cr_expect_eq(chain_epoch(chain), 1);
	cr_expect(digest_equal(chain_head(chain), &founding.fingerprint));
	cr_expect(
		digest_equal(&membership_newest(chain_membership(chain))->commitment, &commitment));
	for (size_t i = 0; i < MEMBERS; i++) {
		struct recipient_id id = recipient_public_id(recipient_public(founding.members[i]));

		cr_expect_eq(chain_member(chain, id, &can), i != STRANGER);
		cr_expect(i == STRANGER || can == CAN_MANAGE - (enum capability)i);
	}
}

Test(chain, another_genesis_than_the_pinned_one_is_refused)
{
	FOUNDING founding = founding_new();
	FOUNDING other = founding_new();
	CHAIN *chain = NULL;
	struct entry entry;

	cr_assert_eq(chain_new(&founding.fingerprint, &chain), 0);
	cr_expect_eq(chain_follow(chain, other.bytes, other.size), -EBADMSG);
	entry = founding_next(&founding);
	founding_sign(&founding, &entry, MANAGER);
	cr_expect_eq(chain_follow(chain, founding.bytes, founding.size), -EBADMSG);
	cr_expect_eq(chain_generation(chain), 0);
}

/* The fingerprint is of an entry that nobody, or nobody with the power to, has signed. */
Test(chain, genesis_is_signed_by_a_manager_of_its_own)
{
	for (size_t signer = WRITER; signer < MEMBERS; signer++) {
		FOUNDING founding = founding_new();
		CHAIN *chain = NULL;
		struct entry entry;

		cr_assert_eq(entry_decode(founding.bytes, founding.size, &entry), 0);
		founding_sign(&founding, &entry, signer);
		entry_done(&entry);
		cr_assert_eq(chain_new(&founding.head, &chain), 0);
		cr_expect_eq(chain_follow(chain, founding.bytes, founding.size), -EBADMSG);
	}
	FOUNDING founding = founding_new();
	CHAIN *chain = NULL;
	struct digest digest;

	founding.bytes[founding.size - 1] ^= 1;
	digest = entry_digest(founding.bytes, founding.size);
	cr_assert_eq(chain_new(&digest, &chain), 0);
	cr_expect_eq(chain_follow(chain, founding.bytes, founding.size), -EBADMSG);
}

static struct chain *chain_of_vectors(const json_t *log, size_t count)
{
	struct digest fingerprint;
	struct chain *chain = NULL;

	vector_get(json_array_get(log, 0), "digest", fingerprint.bytes, DIGEST_SIZE);
	cr_assert_eq(chain_new(&fingerprint, &chain), 0);
	for (size_t i = 0; i < count; i++) {
		CLEANUP_BYTES struct bytes bytes = vector_bytes(json_array_get(log, i), "bytes");

		cr_assert_eq(chain_follow(chain, bytes.at, bytes.size), 0, "entry %zu", i);
	}
	return chain;
}

Test(chain, the_log_of_the_vectors_is_followed)
{
	json_auto_t *log = vectors("chain", "log");
	CHAIN *chain = chain_of_vectors(log, json_array_size(log));
	const json_t *last = json_array_get(log, json_array_size(log) - 1);

	cr_expect_eq(chain_generation(chain), json_array_size(log));
	cr_expect(vector_holds(last, "digest", chain_head(chain)->bytes, DIGEST_SIZE));
	cr_expect_eq(chain_epoch(chain), 3);
	cr_expect_eq(chain_membership(chain)->epoch_count, 1);
	cr_expect_eq(chain_membership(chain)->member_count, 3);
}

/* Every entry there is signed with a valid key: each breaks one rule, and leaves nothing behind. */
Test(chain, an_entry_that_breaks_a_rule_is_refused_as_in_the_vectors)
{
	json_auto_t *log = vectors("chain", "log");
	json_auto_t *refused = vectors("chain", "refused");
	json_t *vector;
	size_t i;

	json_array_foreach(refused, i, vector)
	{
		const size_t after = vector_number(vector, "after");
		const bool later = strcmp(vector_text(vector, "error"), "EPROTONOSUPPORT") == 0;
		CLEANUP_BYTES struct bytes bytes = vector_bytes(vector, "bytes");
		CHAIN *chain = chain_of_vectors(log, after);
		CLEANUP_BYTES struct bytes next = {0};
		int r = chain_follow(chain, bytes.at, bytes.size);

		cr_expect_eq(r, later ? -EPROTONOSUPPORT : -EBADMSG, "%s: %d", vector_why(vector),
			     r);
		cr_expect_eq(chain_generation(chain), after, "%s", vector_why(vector));
		if (after == json_array_size(log))
			continue;
		next = vector_bytes(json_array_get(log, after), "bytes");
		cr_expect_eq(chain_follow(chain, next.at, next.size), 0, "%s", vector_why(vector));
	}
}

/* R1 to R4 and R8: each row spoils one thing of an entry that else would do. */
Test(chain, an_entry_that_breaks_a_rule_is_refused_and_changes_nothing)
{
	static const struct {
		const char *what;
		size_t offset; /* of a member of the entry, of which a bit is turned */
		size_t signer;
		enum entry_type type;
		uint32_t kind;
		enum row_table table;
		int expected;
	} rows[] = {
		{"nothing", 0, WRITER, ENTRY_CHANGE, RECORD_ACCOUNT, ROW_ITEM, 0},
		{"nothing, by a manager", 0, MANAGER, ENTRY_CHANGE, RECORD_ROLE, ROW_ITEM, 0},
		{"a value", 0, WRITER, ENTRY_CHANGE, RECORD_FIELD, ROW_VALUE, 0},
		{"generation", offsetof(struct entry, generation), MANAGER, ENTRY_CHANGE,
		 RECORD_ACCOUNT, ROW_ITEM, -EBADMSG},
		{"previous", offsetof(struct entry, previous), MANAGER, ENTRY_CHANGE,
		 RECORD_ACCOUNT, ROW_ITEM, -EBADMSG},
		{"organisation", offsetof(struct entry, org), MANAGER, ENTRY_CHANGE, RECORD_ACCOUNT,
		 ROW_ITEM, -EBADMSG},
		{"root", offsetof(struct entry, root), MANAGER, ENTRY_CHANGE, RECORD_ACCOUNT,
		 ROW_ITEM, -EBADMSG},
		{"member head", offsetof(struct entry, member_head), MANAGER, ENTRY_CHANGE,
		 RECORD_ACCOUNT, ROW_ITEM, -EBADMSG},
		{"stranger", 0, STRANGER, ENTRY_CHANGE, RECORD_ACCOUNT, ROW_ITEM, -EBADMSG},
		{"reader", 0, READER, ENTRY_CHANGE, RECORD_ACCOUNT, ROW_ITEM, -EBADMSG},
		{"reader of a value", 0, READER, ENTRY_CHANGE, RECORD_FIELD, ROW_VALUE, -EBADMSG},
		{"writer of a role", 0, WRITER, ENTRY_CHANGE, RECORD_ROLE, ROW_ITEM, -EBADMSG},
		{"writer of a link", 0, WRITER, ENTRY_CHANGE, RECORD_INHERIT, ROW_ITEM, -EBADMSG},
		{"writer of the org", 0, WRITER, ENTRY_CHANGE, RECORD_ORG, ROW_ITEM, -EBADMSG},
		{"writer of a project", 0, WRITER, ENTRY_CHANGE, RECORD_PROJECT, ROW_ITEM,
		 -EBADMSG},
		{"a value of no field", 0, MANAGER, ENTRY_CHANGE, RECORD_ACCOUNT, ROW_VALUE,
		 -EBADMSG},
		{"a later kind", 0, MANAGER, ENTRY_CHANGE, RECORD_KINDS, ROW_ITEM,
		 -EPROTONOSUPPORT},
		{"no kind", 0, MANAGER, ENTRY_CHANGE, 0, ROW_ITEM, -EPROTONOSUPPORT},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		FOUNDING founding = founding_new();
		CHAIN *chain = chain_at_genesis(&founding);
		struct entry_row row = {row_of(rows[i].table, 1, rows[i].kind, 1), content};
		struct entry entry;
		int r;

		cr_assert_eq(map_put(founding.map, &row.ref, &row.digest), 0);
		entry = founding_next(&founding);
		entry.type = rows[i].type;
		entry.rows = &row;
		entry.row_count = 1;
		if (rows[i].offset)
			((uint8_t *)&entry)[rows[i].offset] ^= 4;
		founding_sign(&founding, &entry, rows[i].signer);
		r = chain_follow(chain, founding.bytes, founding.size);
		cr_expect_eq(r, rows[i].expected, "%s: %d", rows[i].what, r);
		cr_expect_eq(chain_generation(chain), r ? 1 : 2, "%s", rows[i].what);
		cr_expect_eq(map_size(chain_map(chain)), r ? 0 : 1, "%s", rows[i].what);
		cr_expect(digest_equal(chain_head(chain),
				       r ? &founding.fingerprint : &founding.head));
		cr_expect_eq(chain_time(chain), r ? 1 : 2);
	}
}

/* R3: what a row was counts as well. */
Test(chain, a_writer_cannot_turn_or_remove_what_is_the_managers)
{
	static const struct {
		uint32_t old, new; /* new 0: removed */
		int expected;
	} rows[] = {
		{RECORD_ROLE, RECORD_ACCOUNT, -EBADMSG},
		{RECORD_ACCOUNT, RECORD_ROLE, -EBADMSG},
		{RECORD_ROLE, 0, -EBADMSG},
		{RECORD_INHERIT, 0, -EBADMSG},
		{RECORD_ACCOUNT, 0, 0},
		{RECORD_ACCOUNT, RECORD_ACCOUNT, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		FOUNDING founding = founding_new();
		CHAIN *chain = chain_at_genesis(&founding);
		struct row_ref ref = row_of(ROW_ITEM, 1, rows[i].old, 1);

		sign_row(&founding, &ref, &content, MANAGER);
		cr_assert_eq(chain_follow(chain, founding.bytes, founding.size), 0);
		/* A removal may lie about the kind. */
		ref = row_of(ROW_ITEM, 1, rows[i].new ? rows[i].new : RECORD_ACCOUNT, 2);
		sign_row(&founding, &ref, rows[i].new ? &content : &removed, WRITER);
		cr_expect_eq(chain_follow(chain, founding.bytes, founding.size), rows[i].expected,
			     "row %zu", i);
		cr_expect_eq(map_size(chain_map(chain)), rows[i].expected || rows[i].new ? 1 : 0);
	}
}

Test(chain, rows_belong_to_the_epoch_and_only_what_is_there_is_removed)
{
	FOUNDING founding = founding_new();
	CHAIN *chain = chain_at_genesis(&founding);
	struct row_ref ref = row_of(ROW_ITEM, 1, RECORD_ACCOUNT, 1);

	cr_expect_eq(chain_stage(chain, &ref, &removed), -EBADMSG);
	ref.epoch = 2;
	cr_expect_eq(chain_stage(chain, &ref, &content), -EBADMSG);
	ref = row_of(ROW_WRAP, 1, 0, 1);
	cr_expect_eq(chain_stage(chain, &ref, &content), -EBADMSG);
	cr_expect_eq(chain_staged(chain), 0);
}

/* That it were of a later version too: who cannot sign cannot make it one. */
Test(chain, every_bit_of_an_entry_is_signed)
{
	FOUNDING founding = founding_new();
	const struct row_ref ref = row_of(ROW_ITEM, 1, RECORD_ACCOUNT, 1);

	CHAIN *chain = chain_at_genesis(&founding);
	sign_row(&founding, &ref, &content, MANAGER);
	for (size_t bit = 0; bit < founding.size * 8; bit++) {
		int r;

		founding.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		r = chain_follow(chain, founding.bytes, founding.size);
		cr_expect_eq(r, -EBADMSG, "bit %zu: %d", bit, r);
		founding.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t size = 0; size < founding.size; size++)
		cr_expect_eq(chain_follow(chain, founding.bytes, size), -EBADMSG);
	cr_expect_eq(chain_follow(chain, founding.bytes, founding.size), 0);
	/* Once, and not again. */
	cr_expect_eq(chain_follow(chain, founding.bytes, founding.size), -EBADMSG);
}

Test(chain, what_was_staged_can_be_put_back_in_full)
{
	FOUNDING founding = founding_new();
	CHAIN *chain = chain_at_genesis(&founding);
	struct map *map;
	struct row_ref ref = row_of(ROW_ITEM, 1, RECORD_ACCOUNT, 1);
	const struct digest other = {{1}};
	struct digest before, after;

	sign_row(&founding, &ref, &content, MANAGER);
	cr_assert_eq(chain_follow(chain, founding.bytes, founding.size), 0);
	before = map_root(founding.map);

	ref.version = 2;
	cr_assert_eq(chain_stage(chain, &ref, &other), 0);
	ref.version = 3;
	cr_assert_eq(chain_stage(chain, &ref, &content), 0);
	cr_assert_eq(chain_stage(chain, &ref, &removed), 0);
	for (uint8_t i = 2; i < 100; i++) {
		ref = row_of(ROW_VALUE, i, RECORD_FIELD, i);
		cr_assert_eq(chain_stage(chain, &ref, &content), 0);
	}
	cr_expect_eq(chain_staged(chain), 101);
	chain_unstage(chain);
	cr_expect_eq(chain_staged(chain), 0);

	ref = row_of(ROW_ITEM, 9, RECORD_ACCOUNT, 1);
	sign_row(&founding, &ref, &content, WRITER);
	cr_expect_eq(chain_follow(chain, founding.bytes, founding.size), 0);
	map = founding.map;
	map_remove(map, ROW_ITEM, ref.id, 0);
	after = map_root(map);
	cr_expect(digest_equal(&before, &after));
}

Test(chain, what_is_signed_here_is_followed_elsewhere)
{
	FOUNDING founding = founding_new();
	CHAIN *writer = chain_at_genesis(&founding);
	CHAIN *follower = chain_at_genesis(&founding);

	for (uint8_t i = 1; i < 20; i++) {
		const struct row_ref ref = row_of(ROW_ITEM, i, RECORD_ACCOUNT, 1);
		CLEANUP_FREE uint8_t *bytes = NULL;
		size_t size;

		cr_assert_eq(chain_stage(writer, &ref, &content), 0);
		cr_assert_eq(chain_sign(writer, founding.members[WRITER], i, &bytes, &size), 0);
		chain_accept(writer);
		cr_expect_eq(chain_follow(follower, bytes, size), 0);
		cr_expect(digest_equal(chain_head(writer), chain_head(follower)));
		cr_expect_eq(chain_generation(follower), i + 1u);
		cr_expect_eq(chain_time(writer), i);
	}
}

Test(chain, nobody_signs_what_others_would_refuse)
{
	static const struct {
		size_t signer;
		uint32_t kind;
		int expected;
	} rows[] = {
		{MANAGER, RECORD_ROLE, 0},	   {WRITER, RECORD_ROLE, -EACCES},
		{WRITER, RECORD_ACCOUNT, 0},	   {READER, RECORD_ACCOUNT, -EACCES},
		{STRANGER, RECORD_FIELD, -EACCES},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		FOUNDING founding = founding_new();
		CHAIN *chain = chain_at_genesis(&founding);
		const struct row_ref ref = row_of(ROW_ITEM, 1, rows[i].kind, 1);
		CLEANUP_FREE uint8_t *bytes = NULL;
		size_t size;

		cr_assert_eq(chain_stage(chain, &ref, &content), 0);
		cr_expect_eq(chain_sign(chain, founding.members[rows[i].signer], 2, &bytes, &size),
			     rows[i].expected, "row %zu", i);
	}
}

static struct mark mark_of(const struct founding *founding)
{
	return (struct mark){.generation = founding->generation, .head = founding->head};
}

/* Sign a change whose root is not that of its rows: followed only on trust. */
static void sign_wrong_root(struct founding *founding)
{
	struct entry entry = founding_next(founding);

	entry.root.bytes[0] ^= 1;
	founding_sign(founding, &entry, MANAGER);
}

Test(chain, entries_up_to_the_mark_are_not_verified_again)
{
	FOUNDING founding = founding_new();
	CHAIN *chain = NULL;
	const struct row_ref ref = row_of(ROW_ITEM, 7, RECORD_ACCOUNT, 1);
	struct mark mark;

	chain = chain_at_genesis(&founding);
	sign_wrong_root(&founding);
	cr_expect_eq(chain_follow(chain, founding.bytes, founding.size), -EBADMSG);
	mark = mark_of(&founding);
	chain_trust(chain, &mark);
	cr_expect_eq(chain_follow(chain, founding.bytes, founding.size), 0);
	cr_expect_eq(chain_generation(chain), 2);

	/* And those behind it are. */
	sign_wrong_root(&founding);
	cr_expect_eq(chain_follow(chain, founding.bytes, founding.size), -EBADMSG);
	founding.generation--;
	founding.head = mark.head;
	sign_row(&founding, &ref, &content, STRANGER);
	cr_expect_eq(chain_follow(chain, founding.bytes, founding.size), -EBADMSG);
	founding.generation--;
	founding.head = mark.head;
	sign_row(&founding, &ref, &content, WRITER);
	founding.bytes[founding.size - 1] ^= 1;
	cr_expect_eq(chain_follow(chain, founding.bytes, founding.size), -EBADMSG);
	founding.bytes[founding.size - 1] ^= 1;
	cr_expect_eq(chain_follow(chain, founding.bytes, founding.size), 0);
}

Test(chain, a_log_that_leads_past_the_mark_is_refused)
{
	FOUNDING founding = founding_new();
	CHAIN *chain = chain_at_genesis(&founding);
	const struct row_ref ref = row_of(ROW_ITEM, 7, RECORD_ACCOUNT, 1);
	struct mark mark;

	sign_row(&founding, &ref, &content, WRITER);
	mark = mark_of(&founding);
	mark.head.bytes[DIGEST_SIZE - 1] ^= 1;
	chain_trust(chain, &mark);
	cr_expect_eq(chain_follow(chain, founding.bytes, founding.size), -EBADMSG);
	cr_expect_eq(chain_generation(chain), 1);
	mark = mark_of(&founding);
	chain_trust(chain, &mark);
	founding.bytes[founding.size - 1] ^= 1;
	cr_expect_eq(chain_follow(chain, founding.bytes, founding.size), -EBADMSG);
}

/* What is trusted is what was verified before, not what is well-formed. */
Test(chain, trust_needs_each_entry_to_name_the_one_before)
{
	FOUNDING founding = founding_new();
	CHAIN *chain = chain_at_genesis(&founding);
	const struct row_ref ref = row_of(ROW_ITEM, 7, RECORD_ACCOUNT, 1);
	struct mark mark;

	sign_row(&founding, &ref, &content, WRITER);
	sign_row(&founding, &ref, &content, WRITER);
	mark = mark_of(&founding);
	chain_trust(chain, &mark);
	cr_expect_eq(chain_follow(chain, founding.bytes, founding.size), -EBADMSG);
}

Test(chain, a_manager_abandons_an_end_of_the_log)
{
	FOUNDING founding = founding_new();
	CHAIN *chain = chain_at_genesis(&founding);
	CHAIN *follower = chain_at_genesis(&founding);
	CLEANUP_FREE uint8_t *bytes = NULL;
	const struct mark mark = {.generation = 9, .head = content};
	const struct mark beyond = {.generation = 10, .head = content};
	size_t size;

	cr_expect_eq(chain_sign_recover(chain, &mark, founding.members[WRITER], 5, &bytes, &size),
		     -EACCES);
	cr_expect_eq(chain_sign_recover(chain, &mark, founding.members[STRANGER], 5, &bytes, &size),
		     -EACCES);
	cr_assert_eq(chain_sign_recover(chain, &mark, founding.members[MANAGER], 5, &bytes, &size),
		     0);
	cr_expect_not(chain_abandons(chain, &mark), "not before it is accepted");
	chain_accept(chain);
	cr_expect_eq(chain_generation(chain), 2);
	cr_expect_eq(chain_time(chain), 5);
	cr_expect(chain_abandons(chain, &mark));
	cr_expect_not(chain_abandons(chain, &beyond));

	cr_assert_eq(chain_follow(follower, bytes, size), 0);
	cr_expect(digest_equal(chain_head(follower), chain_head(chain)));
	cr_expect(chain_abandons(follower, &mark));
	cr_expect_not(chain_abandons(follower, &beyond));
}
