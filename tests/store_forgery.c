/*
 * What a hostile member, and a database in the hands of one, can put before a host, rule by rule.
 * Everything is signed and sealed with valid keys: of the writer, of the reader, of who was a
 * member once. The verdict is exact, and what was verified before goes on being served.
 *
 *   R1  an entry follows the newest          R7  nothing below what was seen, no other branch
 *   R2  its signer was a member then         R8  what a later version wrote is not guessed at
 *   R3  and may do what it does              R9  nothing is appended behind a gap
 *   R4  the map after it has its root        R10 sizes are judged before anything is allocated
 *   R5  its rows are those that it lists     R11 of two of one name the lower id is served
 *   R6  it is taken as a whole or not
 */
#include <sodium.h>

#include "store/verify.h"
#include "tests/forging.h"

static char fresh[] = "fresh", stolen[] = "openai";

/* R1 */

Test(forgery, an_entry_that_does_not_follow_the_newest_is_refused)
{
	static const struct {
		const char *what;
		size_t offset; /* of the member of the entry that is another */
	} rows[] = {
		{"generation", offsetof(struct entry, generation)},
		{"previous", offsetof(struct entry, previous)},
		{"organisation", offsetof(struct entry, org)},
		{"member head", offsetof(struct entry, member_head)},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		FORGING forging;
		forging_init(&forging);
		const struct record record = forging_record(FRESH, RECORD_ACCOUNT, 0, fresh);
		FORGED forged = forging_item(&forging, &record);
		struct entry entry = forging_change(&forging, &forged, 1);

		((uint8_t *)&entry)[rows[i].offset] ^= 4;
		forging_put(&forging, &entry, WRITER, &forged, 1);
		free(entry.rows);
		forging_expect_refused(&forging, -EBADMSG, rows[i].what);
	}
}

Test(forgery, an_entry_does_not_come_a_second_time)
{
	FORGING forging;
	forging_init(&forging);
	const struct founding *founding = &forging.founding;

	forging_insert(&forging, founding->bytes, founding->size, NULL, 0);
	forging_expect_refused(&forging, -EBADMSG, "the newest once more");
}

/* What an engine calls an entry is what the next append would be held against. */
Test(forgery, an_entry_under_another_label_is_refused)
{
	static const char *const rows[] = {
		"UPDATE log SET hash = zeroblob(32) WHERE gen = 3",
		"UPDATE log SET hash = x'01' WHERE gen = 3",
		"UPDATE log SET gen = 4 WHERE gen = 3",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		FORGING forging;
		forging_init(&forging);

		forging_write(&forging, WRITER, NULL, 0);
		forging_tamper(&forging, rows[i]);
		forging_expect_refused(&forging, -EBADMSG, rows[i]);
	}
}

/* R2 */

Test(forgery, who_is_no_member_signs_nothing)
{
	FORGING forging;
	forging_init(&forging);
	const struct record record = forging_record(FRESH, RECORD_ACCOUNT, 0, fresh);

	forging_write_record(&forging, STRANGER, &record);
	forging_expect_refused(&forging, -EBADMSG, "a stranger");
}

Test(forgery, nobody_signs_in_the_name_of_another)
{
	static const struct {
		size_t signer, claims;
	} rows[] = {{WRITER, MANAGER}, {READER, MANAGER}, {READER, WRITER}, {STRANGER, MANAGER}};
	const size_t signer_at = 1 + 1 + ID_SIZE + 8 + DIGEST_SIZE + 8;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		FORGING forging;
		forging_init(&forging);
		struct founding *founding = &forging.founding;
		const struct recipient_id claimed =
			recipient_public_id(recipient_public(founding->members[rows[i].claims]));
		const struct record record = forging_record(FRESH, RECORD_ACCOUNT, 0, fresh);
		FORGED forged = forging_item(&forging, &record);
		struct entry entry = forging_change(&forging, &forged, 1);

		founding_sign(founding, &entry, rows[i].signer);
		free(entry.rows);
		memcpy(founding->bytes + signer_at, claimed.bytes, ID_SIZE);
		forging_sign_bytes(&forging, rows[i].signer, founding->bytes, founding->size);
		forging_insert(&forging, founding->bytes, founding->size, &forged, 1);
		forging_expect_refused(&forging, -EBADMSG, "another's name");
	}
}

/* The next membership entry: what the founding has, of which the caller changed something. */
static struct entry membership_entry(struct founding *founding, enum entry_type type)
{
	struct entry entry = founding_next(founding);

	entry.type = type;
	founding_say_members(founding, &entry);
	return entry;
}

/* Take a member out, and begin an epoch of which he gets no key. */
static void say_removed(struct founding *founding, size_t member)
{
	CLEANUP(epoch_key_freep) struct epoch_key *key = NULL;
	const struct recipient_public *public = recipient_public(founding->members[member]);
	size_t kept = 0;

	for (size_t i = 0; i < founding->member_count; i++) {
		if (memcmp(&founding->list[i].public, public, sizeof(*public)) != 0)
			founding->list[kept++] = founding->list[i];
	}
	founding->member_count = kept;
	cr_assert_eq(epoch_key_generate(founding->pool, 2, &key), 0);
	founding->epochs[founding->epoch_count++] =
		(struct entry_epoch){2, epoch_key_commitment(key), {{0}}};
}

/* Let the manager make this change of members; the reader's host follows it. Of an epoch that
 * begins it has no wrap: that is told as it must be, and is not what this is about. */
static void change_members(struct forging *forging, enum entry_type type)
{
	struct entry entry = membership_entry(&forging->founding, type);

	forging_put(forging, &entry, MANAGER, NULL, 0);
	if (type == ENTRY_ADD)
		forging_follow(forging);
}

Test(forgery, who_was_a_writer_signs_nothing_as_a_reader)
{
	FORGING forging;
	forging_init(&forging);
	const struct record record = forging_record(FRESH, RECORD_ACCOUNT, 0, fresh);

	forging.founding.list[WRITER].can = CAN_READ;
	change_members(&forging, ENTRY_ADD);
	forging_write_record(&forging, WRITER, &record);
	forging_expect_refused(&forging, -EBADMSG, "a writer once");
}

static void print_hexadecimal(FILE *file, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		fprintf(file, "%02x", bytes[i]);
}

/* The key of the new epoch, sealed to who stays. */
static void give_key(struct forging *forging, const struct epoch_key *key, size_t member)
{
	const struct recipient_public *public = recipient_public(forging->founding.members[member]);
	const struct recipient_id id = recipient_public_id(public);
	uint8_t sealed[RECIPIENT_SEALED_KEY_SIZE];
	char sql[512] = "";
	FILE *file = fmemopen(sql, sizeof(sql), "w");

	cr_assert_not_null(file);
	epoch_key_seal_to(key, public, sealed);
	fputs("INSERT INTO wrap SELECT org, 2, x'", file);
	print_hexadecimal(file, id.bytes, ID_SIZE);
	fputs("', x'", file);
	print_hexadecimal(file, sealed, sizeof(sealed));
	fputs("' FROM wrap LIMIT 1", file);
	cr_assert_eq(fclose(file), 0);
	forging_tamper(forging, sql);
}

/* Who was a manager, and was removed, still has his key, and the key of the former epoch. */
static void remove_second_manager(struct forging *forging)
{
	struct founding *founding = &forging->founding;
	CLEANUP(epoch_key_freep) struct epoch_key *key = NULL;
	struct entry entry;

	founding->list[WRITER].can = CAN_MANAGE;
	change_members(forging, ENTRY_ADD);
	say_removed(founding, WRITER);
	cr_assert_eq(epoch_key_generate(founding->pool, 2, &key), 0);
	founding->epochs[1].commitment = epoch_key_commitment(key);
	entry = membership_entry(founding, ENTRY_REMOVE);
	forging_put(forging, &entry, MANAGER, NULL, 0);
	give_key(forging, key, READER);
	forging_follow(forging);
}

Test(forgery, a_manager_who_was_removed_signs_nothing)
{
	static const enum entry_type types[] = {ENTRY_CHANGE, ENTRY_ADD, ENTRY_EPOCH,
						ENTRY_RECOVER};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		FORGING forging;
		forging_init(&forging);
		struct founding *founding = &forging.founding;
		struct entry entry;

		remove_second_manager(&forging);
		entry = founding_next(founding);
		entry.type = types[i];
		entry.abandoned = (struct mark){9, {{9}}, 0};
		if (types[i] == ENTRY_ADD)
			founding->list[founding->member_count++] = (struct entry_member){
				CAN_MANAGE, *recipient_public(founding->members[WRITER])};
		if (types[i] == ENTRY_EPOCH)
			founding->epochs[founding->epoch_count++] =
				(struct entry_epoch){3, {{3}}, {{0}}};
		if (types[i] == ENTRY_ADD || types[i] == ENTRY_EPOCH)
			founding_say_members(founding, &entry);
		forging_put(&forging, &entry, WRITER, NULL, 0);
		forging_expect_refused(&forging, -EBADMSG, "a manager once");
	}
}

/* R3 */

Test(forgery, a_lesser_member_changes_no_rights)
{
	static char mallory[] = "user:mallory\n";
	static const struct {
		const char *what;
		struct record record;
		bool remove;
	} rows[] = {
		{"a new role", {.id = {{FRESH, 0x77}}, .kind = RECORD_ROLE}, false},
		{"the role's list", {.id = {{ADMIN, 0x77}}, .kind = RECORD_ROLE}, false},
		{"the role turned into an account",
		 {.id = {{ADMIN, 0x77}}, .kind = RECORD_ACCOUNT},
		 false},
		{"an account turned into a role",
		 {.id = {{OTHER, 0x77}}, .kind = RECORD_ROLE},
		 false},
		{"a project", {.id = {{FRESH, 0x77}}, .kind = RECORD_PROJECT}, false},
		{"a link",
		 {.id = {{FRESH, 0x77}},
		  .kind = RECORD_INHERIT,
		  .parent = {{OTHER, 0x77}},
		  .target = {{OPENAI, 0x77}}},
		 false},
		{"the organisation's name", {.kind = RECORD_ORG}, false},
		{"a field of another account",
		 {.id = {{API_KEY, 0x77}},
		  .kind = RECORD_FIELD,
		  .parent = {{OTHER, 0x77}},
		  .secret = true,
		  .value_version = 1},
		 false},
		{"a field that is no secret",
		 {.id = {{API_KEY, 0x77}},
		  .kind = RECORD_FIELD,
		  .parent = {{OPENAI, 0x77}},
		  .value_version = 1},
		 false},
		{"no role any more", {.id = {{ADMIN, 0x77}}, .kind = RECORD_ROLE}, true},
		{"no role any more, called an account",
		 {.id = {{ADMIN, 0x77}}, .kind = RECORD_ACCOUNT},
		 true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		FORGING forging;
		forging_init(&forging);
		struct record record = rows[i].record;

		record.version = 2;
		record.name = fresh;
		record.text = record.kind == RECORD_ROLE ? mallory : NULL;
		FORGED forged = rows[i].remove ? forging_removal(record.id.bytes[0], record.kind)
					       : forging_item(&forging, &record);
		forging_write(&forging, WRITER, &forged, 1);
		forging_expect_refused(&forging, -EBADMSG, rows[i].what);
	}
}

/* Removed and written anew a field could be shown, or be another account's. */
Test(forgery, removing_first_is_no_way_around)
{
	FORGING forging;
	forging_init(&forging);
	struct record record = forging_record(API_KEY, RECORD_FIELD, OTHER, fresh);
	FORGED removal = forging_removal(API_KEY, RECORD_FIELD);
	FORGED forged = forging_item(&forging, &record);
	const struct forged both[] = {removal, forged};

	forging_write(&forging, WRITER, both, 2);
	forging_expect_refused(&forging, -EBADMSG, "removed, then written anew");
}

Test(forgery, a_reader_writes_nothing)
{
	for (int value = 0; value < 2; value++) {
		FORGING forging;
		forging_init(&forging);
		const struct record record = forging_record(FRESH, RECORD_ACCOUNT, 0, fresh);
		FORGED forged = value ? forging_value(&forging, API_KEY, 2, "sk-false")
				      : forging_item(&forging, &record);

		forging_write(&forging, READER, &forged, 1);
		forging_expect_refused(&forging, -EBADMSG, value ? "a value" : "an account");
	}
}

Test(forgery, a_lesser_member_changes_no_membership)
{
	static const struct {
		const char *what;
		enum entry_type type;
	} rows[] = {
		{"himself a manager", ENTRY_ADD},
		{"a stranger let in", ENTRY_ADD},
		{"the manager removed", ENTRY_REMOVE},
		{"a new epoch", ENTRY_EPOCH},
		{"an end of the log given up", ENTRY_RECOVER},
	};

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(*rows); i++) {
		const size_t row = i / 2, signer = i % 2 ? READER : WRITER;
		FORGING forging;
		forging_init(&forging);
		struct founding *founding = &forging.founding;
		struct entry entry;

		if (row == 0)
			founding->list[signer].can = CAN_MANAGE;
		if (row == 1)
			founding->list[founding->member_count++] =
				founding_member(founding, READER);
		if (row == 1)
			founding->list[founding->member_count - 1].public =
				*recipient_public(founding->members[STRANGER]);
		if (row == 2)
			say_removed(founding, MANAGER);
		if (row == 2)
			founding->list[WRITER - 1].can = CAN_MANAGE;
		if (row == 3)
			founding->epochs[founding->epoch_count++] =
				(struct entry_epoch){2, {{2}}, {{0}}};
		entry = membership_entry(founding, rows[row].type);
		if (rows[row].type == ENTRY_RECOVER)
			entry = founding_next(founding);
		entry.type = rows[row].type;
		entry.abandoned = (struct mark){9, {{9}}, 0};
		forging_put(&forging, &entry, signer, NULL, 0);
		forging_expect_refused(&forging, -EBADMSG, rows[row].what);
	}
}

/* R4 */

Test(forgery, another_root_than_that_of_the_rows_is_refused)
{
	for (size_t i = 0; i < 3; i++) {
		FORGING forging;
		forging_init(&forging);
		const struct digest before = map_root(forging.founding.map);
		const struct record record = forging_record(FRESH, RECORD_ACCOUNT, 0, fresh);
		FORGED forged = forging_item(&forging, &record);
		struct entry entry = forging_change(&forging, &forged, 1);

		if (i == 0)
			entry.root.bytes[31] ^= 1;
		if (i == 1)
			entry.root = before;
		if (i == 2)
			entry.row_count = 0; /* a row that is not listed */
		forging_put(&forging, &entry, WRITER, &forged, 1);
		free(entry.rows);
		forging_expect_refused(&forging, -EBADMSG, "root");
	}
}

/* R5: the entry is good, and another row lies where it says. That row alone is damaged. */

#define FRESH_ID "x'05770000000000000000000000000000'"
#define KEY_ID "x'02770000000000000000000000000000'"

Test(forgery, a_row_that_is_not_the_listed_one_is_damage_and_nothing_else)
{
	static const struct {
		const char *sql;
		size_t damaged;
		bool value_lost;
	} rows[] = {
		{"DELETE FROM item WHERE id = " FRESH_ID, 1, false},
		{"UPDATE item SET ct = (SELECT ct FROM item WHERE id = " KEY_ID
		 ") WHERE id = " FRESH_ID,
		 1, false},
		{"UPDATE item SET ct = zeroblob(length(ct)) WHERE id = " FRESH_ID, 1, false},
		{"UPDATE item SET kind = 2 WHERE id = " FRESH_ID, 1, false},
		{"UPDATE item SET ver = 2 WHERE id = " FRESH_ID, 1, false},
		{"UPDATE item SET epoch = 2 WHERE id = " FRESH_ID, 1, false},
		{"UPDATE item SET org = zeroblob(16) WHERE id = " FRESH_ID, 1, false},
		{"DELETE FROM value WHERE ver = 2", 0, true},
		{"UPDATE value SET ct = (SELECT ct FROM value WHERE ver = 1) WHERE ver = 2", 0,
		 true},
		{"UPDATE value SET epoch = 2 WHERE ver = 2", 0, true},
		{"UPDATE value SET id = " FRESH_ID " WHERE ver = 2", 0, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		FORGING forging;
		forging_init(&forging);
		const struct record record = forging_record(FRESH, RECORD_ACCOUNT, 0, fresh);
		struct forged both[2] = {forging_item(&forging, &record),
					 forging_value(&forging, API_KEY, 2, "sk-newer")};
		CLEANUP_NEWS struct news news = {0};
		CLEANUP(org_freep) struct org *org = NULL;
		const struct org *each[2] = {forging.serving, NULL};

		forging_write(&forging, WRITER, both, 2);
		forging_tamper(&forging, rows[i].sql);
		cr_expect_eq(org_refresh(forging.serving, &news), 0, "%s", rows[i].sql);
		cr_assert_eq(forging_load(&forging, &forging.seen, &org), 0);
		each[1] = org;
		for (size_t j = 0; j < 2; j++) {
			CLEANUP_SECRET struct secret *value = NULL;
			const int r = org_value(each[j], forging_id(API_KEY), 2, &value, NULL);

			cr_expect_eq(org_damaged(each[j]), rows[i].damaged, "%s", rows[i].sql);
			cr_expect_eq(org_record(each[j], forging_id(FRESH)) == NULL,
				     rows[i].damaged == 1, "%s", rows[i].sql);
			cr_expect_eq(r, rows[i].value_lost ? -EBADMSG : 0, "%s", rows[i].sql);
			cr_expect(forging_value_is(each[j], 1, "sk-true"), "%s", rows[i].sql);
			cr_expect_not_null(org_record(each[j], forging_id(OTHER)));
		}
		forged_done(&both[0]);
		forged_done(&both[1]);
	}
}

/* Log and rows are of one moment: what another writes while this host follows is seen later, and
 * then the row is not the one that was listed. */
Test(forgery, rows_are_looked_at_in_the_moment_of_the_log)
{
	FORGING forging;
	forging_init(&forging);
	CLEANUP_NEWS struct news news = {0};
	bool changed = false;

	cr_assert_eq(org_refresh(forging.serving, &news), 0);
	tamper(forging.place.store, "DELETE FROM value");
	cr_expect(forging_value_is(forging.serving, 1, "sk-true"), "the same moment");
	cr_assert_eq(forging.engine->ops->renew(forging.engine, &changed), 0);
	cr_expect(changed);
	cr_expect_not(forging_value_is(forging.serving, 1, "sk-true"), "another");
}

/* R6 */

Test(forgery, of_an_entry_that_is_refused_nothing_is_taken)
{
	FORGING forging;
	forging_init(&forging);
	const struct record account = forging_record(FRESH, RECORD_ACCOUNT, 0, fresh);
	const struct record role = forging_record(FRESH + 1, RECORD_ROLE, 0, fresh);
	struct forged rows[3] = {forging_item(&forging, &account),
				 forging_value(&forging, API_KEY, 2, "sk-newer"),
				 forging_item(&forging, &role)};

	forging_write(&forging, WRITER, rows, 3);
	forging_expect_refused(&forging, -EBADMSG, "one of the managers' among his own");
	cr_expect_eq(org_value_versions(forging.serving, forging_id(API_KEY), NULL, 0), 1);
	for (size_t i = 0; i < 3; i++)
		forged_done(&rows[i]);
}

/* What came before it in one batch is good, and what comes behind it cannot be. */
Test(forgery, of_a_batch_what_stands_before_the_bad_entry_is_taken)
{
	FORGING forging;
	forging_init(&forging);
	const struct record good = forging_record(FRESH, RECORD_ACCOUNT, 0, fresh);
	const struct record bad = forging_record(FRESH + 1, RECORD_ROLE, 0, fresh);
	const struct record after = forging_record(FRESH + 2, RECORD_ACCOUNT, 0, fresh);
	CLEANUP_NEWS struct news news = {0};

	forging_write_record(&forging, WRITER, &good);
	forging_write_record(&forging, WRITER, &bad);
	forging_write_record(&forging, WRITER, &after);
	cr_expect_eq(org_refresh(forging.serving, &news), -EBADMSG);
	cr_expect_eq(org_generation(forging.serving), forging.seen.generation + 1);
	cr_expect_eq(news.count, 1);
	cr_expect_not_null(org_record(forging.serving, forging_id(FRESH)));
	cr_expect_null(org_record(forging.serving, forging_id(FRESH + 1)));
	cr_expect_null(org_record(forging.serving, forging_id(FRESH + 2)));
	cr_expect(forging_value_is(forging.serving, 1, "sk-true"));
}

/* R7 */

Test(forgery, a_log_that_is_shorter_than_it_was_is_told)
{
	FORGING forging;
	forging_init(&forging);
	CLEANUP_NEWS struct news news = {0};
	CLEANUP(org_freep) struct org *org = NULL;
	const struct record record = forging_record(FRESH, RECORD_ACCOUNT, 0, fresh);
	CLEANUP(change_freep) struct change *change = NULL;

	forging_write(&forging, WRITER, NULL, 0);
	forging_follow(&forging);
	forging_tamper(&forging, "DELETE FROM log WHERE gen = 3");
	cr_expect_eq(org_refresh(forging.serving, &news), 0, "nothing is newer");
	forging_expect_served(&forging, "the log was cut");
	cr_expect_eq(forging_load(&forging, &forging.seen, &org), -ESTALE);
	/* And nothing is written on top of what is not there. */
	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(change_put(change, &record), 0);
	cr_expect_eq(org_commit(forging.serving, change), -EACCES, "a reader");
}

/* A member signs two entries for one place, and shows each to somebody else. */
Test(forgery, another_branch_than_the_one_that_was_seen_is_refused)
{
	for (int longer = 0; longer < 2; longer++) {
		FORGING forging;
		forging_init(&forging);
		struct founding *founding = &forging.founding;
		const struct digest common = founding->head;
		CLEANUP_NEWS struct news news = {0};
		CLEANUP(org_freep) struct org *org = NULL;
		const struct mark none = {0};
		struct entry entry;

		forging_write(&forging, WRITER, NULL, 0);
		forging_follow(&forging);
		forging_tamper(&forging, "DELETE FROM log WHERE gen = 3");
		founding->generation = 2;
		founding->head = common;
		entry = founding_next(founding);
		entry.time = 99;
		forging_put(&forging, &entry, WRITER, NULL, 0);
		if (longer)
			forging_write(&forging, WRITER, NULL, 0);
		cr_expect_eq(org_refresh(forging.serving, &news), longer ? -EBADMSG : 0);
		forging_expect_served(&forging, "another branch");
		cr_expect_eq(forging_load(&forging, &forging.seen, &org), -ENOTUNIQ);
		/* Who has seen neither cannot know. */
		cr_expect_eq(forging_load(&forging, &none, &org), 0);
	}
}

/* R8 */

Test(forgery, what_a_later_version_wrote_stops_the_follower_and_says_so)
{
	static const struct {
		const char *what;
		size_t offset;
		uint8_t byte;
		bool membership;
	} rows[] = {
		{"format", 0, 2, false},
		{"type", 1, ENTRY_TYPES, false},
		/* The suite is the first byte of the body. */
		{"suite", 2 + 3 * DIGEST_SIZE + 2 * ID_SIZE + 2 * 8 + 4, 2, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		FORGING forging;
		forging_init(&forging);
		struct founding *founding = &forging.founding;
		struct entry entry = rows[i].membership ? membership_entry(founding, ENTRY_ADD)
							: founding_next(founding);

		founding_sign(founding, &entry, WRITER);
		founding->bytes[rows[i].offset] = rows[i].byte;
		forging_sign_bytes(&forging, WRITER, founding->bytes, founding->size);
		forging_insert(&forging, founding->bytes, founding->size, NULL, 0);
		forging_expect_refused(&forging, -EPROTONOSUPPORT, rows[i].what);
	}
}

/* An engine, or a stranger, cannot have a host believe that it is only too old. */
Test(forgery, what_no_member_signed_is_damage_and_not_of_a_later_version)
{
	for (uint8_t format = 0; format < 3; format++) {
		FORGING forging;
		forging_init(&forging);
		struct founding *founding = &forging.founding;
		struct entry entry = founding_next(founding);

		founding_sign(founding, &entry, WRITER);
		/* a whole one of this version would be followed */
		founding->bytes[0] = format;
		founding->bytes[1] = format == 1 ? ENTRY_TYPES : ENTRY_CHANGE;
		forging_insert(&forging, founding->bytes, founding->size, NULL, 0);
		forging_expect_refused(&forging, -EBADMSG, "altered");
	}
	for (size_t signer = WRITER; signer <= STRANGER; signer += STRANGER - WRITER) {
		FORGING forging;
		forging_init(&forging);
		struct founding *founding = &forging.founding;
		struct entry entry = founding_next(founding);

		founding_sign(founding, &entry, signer);
		founding->bytes[0] = 2;
		forging_sign_bytes(&forging, signer, founding->bytes, founding->size);
		forging_insert(&forging, founding->bytes, founding->size, NULL, 0);
		forging_expect_refused(&forging, signer == STRANGER ? -EBADMSG : -EPROTONOSUPPORT,
				       signer == STRANGER ? "a stranger's" : "a member's");
	}
}

struct told {
	size_t count;
	char reason[128];
};

static int tell(void *context, const char *record, const char *reason)
{
	struct told *told = context;

	(void)record;
	told->count++;
	snprintf(told->reason, sizeof(told->reason), "%s", reason);
	return 0;
}

static bool go_on(void *context, uint64_t done, uint64_t total)
{
	(void)context, (void)done, (void)total;
	return true;
}

/* One that holds a record of a later form is refused for what it may hide, and told for what it is.
 */
static void expect_record(const struct org *org, size_t later, const char *reason)
{
	struct told told = {0};
	struct verify verify = {.finding = tell, .watch = go_on, .context = &told};

	cr_expect_null(org_record(org, forging_id(FRESH)));
	cr_expect_eq(org_damaged(org), 1, "never as if it were not there");
	cr_expect_eq(org_later(org), later);
	cr_assert_eq(verify_org(org, &verify), 0);
	cr_expect_eq(verify.later, later);
	cr_expect_geq(told.count, 1);
	cr_expect_str_eq(told.reason, reason);
}

Test(forgery, a_record_of_a_later_form_is_refused_and_told_apart_from_damage)
{
	CLEANUP_NEWS struct news news = {0};
	CLEANUP(org_freep) struct org *org = NULL;
	const struct record record = forging_record(FRESH, RECORD_ACCOUNT, 0, fresh);
	const struct row_ref ref = {ROW_ITEM, record.id, record.kind,
				    1,	      1,	 record_relations(&record)};
	const uint8_t plain[] = {2, 'w', 'h', 'a', 't', 'e', 'v', 'e', 'r'};
	FORGING forging;
	forging_init(&forging);
	FORGED forged = forging_seal(&forging, &ref, plain, sizeof(plain));

	forging_write(&forging, WRITER, &forged, 1);
	cr_assert_eq(org_refresh(forging.serving, &news), 0);
	expect_record(forging.serving, 1, "was written by a later version of credfs");
	cr_assert_eq(forging_load(&forging, &forging.seen, &org), 0);
	expect_record(org, 1, "was written by a later version of credfs");
	org = org_free(org);

	/* What was altered since is that, and nothing else. */
	forging_tamper(&forging,
		       "UPDATE item SET ct = zeroblob(length(ct)) WHERE hex(id) LIKE '0577%'");
	cr_assert_eq(forging_load(&forging, &forging.seen, &org), 0);
	expect_record(org, 0, "was altered");
	org = org_free(org);
}

Test(forgery, a_row_of_a_later_kind_stops_the_follower_and_says_so)
{
	FORGING forging;
	forging_init(&forging);
	const struct record record = forging_record(FRESH, RECORD_KINDS, 0, fresh);

	forging_write_record(&forging, WRITER, &record);
	forging_expect_refused(&forging, -EPROTONOSUPPORT, "kind");
}

/* R9 */

Test(forgery, an_engine_appends_nothing_behind_a_gap)
{
	static const struct {
		const char *what;
		uint64_t ahead;
		uint8_t flip; /* of the digest before */
	} rows[] = {{"a generation left out", 2, 0},
		    {"another digest before", 1, 1},
		    {"a generation again", 0, 0}};
	FORGING forging;
	forging_init(&forging);
	struct entry entry = founding_next(&forging.founding);

	founding_sign(&forging.founding, &entry, WRITER);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct engine_entry coded = {
			.generation = forging.seen.generation + rows[i].ahead,
			.digest = forging.founding.head,
			.previous = forging.seen.head,
			.bytes = forging.founding.bytes,
			.size = forging.founding.size,
		};
		const struct engine_append append = {
			.org = forging_org(&forging), .entries = &coded, .entry_count = 1};

		coded.previous.bytes[0] ^= rows[i].flip;
		cr_expect_eq(forging.engine->ops->append(forging.engine, &append), -ESTALE, "%s",
			     rows[i].what);
	}
	forging_follow(&forging);
	cr_expect_eq(forging.seen.generation, 2, "nothing was written");
}

/* One that takes it all the same has a log that nobody follows. */
Test(forgery, behind_a_gap_nothing_is_followed)
{
	FORGING forging;
	forging_init(&forging);
	const struct record record = forging_record(FRESH, RECORD_ACCOUNT, 0, fresh);

	forging_write(&forging, WRITER, NULL, 0);
	forging_write_record(&forging, WRITER, &record);
	forging_tamper(&forging, "DELETE FROM log WHERE gen = 3");
	forging_expect_refused(&forging, -EBADMSG, "a gap");
}

/* R10 */

Test(forgery, an_entry_above_its_bound_is_refused)
{
	const size_t length_at = 2 + 3 * DIGEST_SIZE + 2 * ID_SIZE + 2 * 8;

	static const size_t sizes[] = {ENTRY_MAX + 1, 1000000};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		const size_t size = sizes[i];
		FORGING forging;
		forging_init(&forging);
		struct founding *founding = &forging.founding;
		struct entry entry = founding_next(founding);
		CLEANUP_FREE uint8_t *bytes = calloc(1, size);

		cr_assert_not_null(bytes);
		founding_sign(founding, &entry, WRITER);
		memcpy(bytes, founding->bytes, length_at);
		wire_store_u32(bytes + length_at,
			       (uint32_t)(size - length_at - 4 - RECIPIENT_SIGNATURE_SIZE));
		forging_sign_bytes(&forging, WRITER, bytes, size);
		forging_insert(&forging, bytes, size, NULL, 0);
		forging_expect_refused(&forging, -EBADMSG, "size");
	}
}

/* So many could not follow: that is seen before there is room made for them, which there is none
 * of. */
Test(forgery, a_count_is_judged_before_there_is_room_made)
{
	const size_t count_at = 2 + 3 * DIGEST_SIZE + 2 * ID_SIZE + 2 * 8 + 4;
	FORGING forging;
	forging_init(&forging);
	struct founding *founding = &forging.founding;
	struct entry entry = founding_next(founding);

	founding_sign(founding, &entry, WRITER);
	wire_store_u32(founding->bytes + count_at, UINT32_MAX);
	forging_sign_bytes(&forging, WRITER, founding->bytes, founding->size);
	forging_insert(&forging, founding->bytes, founding->size, NULL, 0);
	forging_expect_refused(&forging, -EBADMSG, "count");
}

/* What no engine of ours keeps, but the file may hold all the same. */
Test(forgery, a_row_above_every_bound_is_refused_or_damage)
{
	FORGING forging;
	forging_init(&forging);
	CLEANUP_NEWS struct news news = {0};
	CLEANUP_SECRET struct secret *value = NULL;

	forging_tamper(&forging, "UPDATE value SET ct = zeroblob(64000000)");
	cr_expect_eq(org_value(forging.serving, forging_id(API_KEY), 1, &value, NULL), -EBADMSG);
	forging_tamper(&forging,
		       "INSERT INTO log SELECT org, 3, zeroblob(32), zeroblob(64000000) FROM"
		       " log WHERE gen = 2");
	cr_expect_eq(org_refresh(forging.serving, &news), -EBADMSG);
	cr_expect_eq(org_generation(forging.serving), forging.seen.generation);
	cr_expect_not_null(org_record(forging.serving, forging_id(ADMIN)));
}

/* Sealed with the right key and bound to the right place, and larger than any row may be. */
static struct forged seal_large(const struct forging *forging, size_t size)
{
	static const char domain[] = "credfs value v1";
	const struct row_ref ref = {ROW_VALUE, forging_id(API_KEY), RECORD_FIELD, 2, 1, {{0}}};
	const struct org_id org = forging_org(forging);
	struct forged forged = {.row.ref = ref, .sealed = calloc(1, size), .size = size};
	CLEANUP_FREE uint8_t *plain = calloc(1, size);
	uint8_t data[64], *at = wire_store(data, domain, strlen(domain));

	cr_assert(forged.sealed && plain);
	plain[size - 24 - 16 - 256] = 0x80;
	at = wire_store(at, org.bytes, ID_SIZE);
	at = wire_store(at, ref.id.bytes, ID_SIZE);
	at = wire_store_u32(at, ref.kind);
	at = wire_store_u64(at, ref.version);
	at = wire_store_u32(at, ref.epoch);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
		forged.sealed + 24, NULL, plain, size - 24 - 16, data, at - data, NULL,
		forged.sealed, epoch_key_subkey(forging->founding.key, KEY_VALUE));
	forged.row.digest = row_digest(org, &ref, forged.sealed, size);
	return forged;
}

Test(forgery, a_value_above_its_bound_is_damage)
{
	static const struct {
		size_t blocks; /* of 256 bytes */
		int expected;
	} rows[] = {{2, 0}, {257, 0}, {258, -EBADMSG}, {3900, -EBADMSG}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		FORGING forging;
		forging_init(&forging);
		FORGED forged = seal_large(&forging, 24 + rows[i].blocks * 256 + 16);
		CLEANUP_SECRET struct secret *value = NULL;
		CLEANUP_NEWS struct news news = {0};
		int r;

		forging_write(&forging, WRITER, &forged, 1);
		cr_assert_eq(org_refresh(forging.serving, &news), 0);
		r = org_value(forging.serving, forging_id(API_KEY), 2, &value, NULL);
		cr_expect_eq(r, rows[i].expected, "%zu blocks: %d", rows[i].blocks, r);
		cr_expect(forging_value_is(forging.serving, 1, "sk-true"));
	}
}

/* R11 */

Test(forgery, of_two_accounts_with_one_name_the_lower_id_is_served)
{
	for (int lower = 0; lower < 2; lower++) {
		FORGING forging;
		forging_init(&forging);
		struct record record = forging_record(FRESH, RECORD_ACCOUNT, 0, stolen);
		CLEANUP_NEWS struct news news = {0};
		CLEANUP(org_freep) struct org *org = NULL;
		const struct org *each[2] = {forging.serving, NULL};

		if (lower)
			record.id = forging_id(0);
		forging_write_record(&forging, WRITER, &record);
		cr_assert_eq(org_refresh(forging.serving, &news), 0);
		cr_assert_eq(forging_load(&forging, &forging.seen, &org), 0);
		each[1] = org;
		for (size_t i = 0; i < 2; i++) {
			const struct record *found =
				org_child(each[i], (struct record_id){{0}}, RECORD_ACCOUNT, stolen);

			cr_assert_not_null(found);
			cr_expect(record_id_equal(found->id, forging_id(lower ? 0 : OPENAI)));
			/* The field is where it was; it did not get another account. */
			cr_expect_null(org_child(each[i], record.id, RECORD_FIELD, "api_key"));
			cr_expect_eq(org_damaged(each[i]), 0);
		}
	}
}
