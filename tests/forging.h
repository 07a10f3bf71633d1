/*
 * An organisation whose members have turned against it: the writer and the reader hold their valid
 * keys and the database, and put into it whatever they please. The reader's host has loaded it
 * before, and serves.
 */
#pragma once

#include <criterion/criterion.h>

#include "store/org.h"
#include "store/sqlite.h"
#include "store/wire.h"
#include "tests/founding.h"
#include "tests/place.h"

enum { OPENAI = 1, API_KEY, ADMIN, OTHER, FRESH };

struct forging {
	struct place place;
	struct founding founding;
	struct engine *engine;
	struct org *serving;
	struct mark seen; /* as far as it has followed */
};

/* A row as somebody who has the key seals it, and as the log is to speak of it. */
struct forged {
	struct entry_row row;
	uint8_t *sealed;
	size_t size;
};

static inline void forged_done(struct forged *forged)
{
	free(forged->sealed);
}
#define FORGED CLEANUP(forged_done) struct forged

static inline struct record_id forging_id(uint8_t number)
{
	return (struct record_id){{number, 0x77}};
}

static inline struct org_id forging_org(const struct forging *forging)
{
	return org_id_of(&forging->founding.fingerprint);
}

/* A record of no parent when that is 0; it borrows its strings. */
static inline struct record forging_record(uint8_t number, enum record_kind kind, uint8_t parent,
					   char *name)
{
	struct record record = {
		.id = forging_id(number),
		.kind = kind,
		.version = 1,
		.name = name,
		.secret = kind == RECORD_FIELD,
		.value_version = kind == RECORD_FIELD,
		.value_last = kind == RECORD_FIELD,
		.salt = {{number, 0x5a}},
	};

	if (parent)
		record.parent = forging_id(parent);
	return record;
}

static inline struct forged forging_seal(const struct forging *forging, const struct row_ref *ref,
					 const void *plain, size_t size)
{
	const struct seal_context context = {forging_org(forging), ref->id, ref->kind, ref->version,
					     ref->epoch};
	struct forged forged = {.row.ref = *ref};

	cr_assert_eq(seal_make(forging->founding.key,
			       ref->table == ROW_ITEM ? SEAL_ITEM : SEAL_VALUE, &context, plain,
			       size, &forged.sealed, &forged.size),
		     0);
	forged.row.digest = row_digest(context.org, ref, forged.sealed, forged.size);
	return forged;
}

static inline struct forged forging_item(const struct forging *forging, const struct record *record)
{
	const struct row_ref ref = {ROW_ITEM,	     record->id, record->kind,
				    record->version, 1,		 record_relations(record)};
	CLEANUP_FREE uint8_t *plain = NULL;
	size_t size;

	cr_assert_eq(record_encode(record, &plain, &size), 0);
	return forging_seal(forging, &ref, plain, size);
}

static inline struct forged forging_value(const struct forging *forging, uint8_t field,
					  uint64_t version, const char *text)
{
	const struct row_ref ref = {ROW_VALUE, forging_id(field), RECORD_FIELD, version, 1, {{0}}};
	uint8_t plain[128] = {0}; /* the time, then the text */

	memcpy(plain + 8, text, strlen(text));
	return forging_seal(forging, &ref, plain, 8 + strlen(text));
}

/* The row is removed, whatever it is called. */
static inline struct forged forging_removal(uint8_t number, enum record_kind kind)
{
	return (struct forged){
		.row.ref = {ROW_ITEM, forging_id(number), kind, 1, 1, {{0}}},
	};
}

/* The change with these rows that would come next, with the right root; the caller frees its rows.
 */
static inline struct entry forging_change(struct forging *forging, const struct forged *rows,
					  size_t count)
{
	struct map *map = forging->founding.map;
	struct entry entry;

	for (size_t i = 0; i < count; i++) {
		const struct row_ref *ref = &rows[i].row.ref;

		if (digest_is_zero(&rows[i].row.digest))
			map_remove(map, ref->table, ref->id, ref->version);
		else
			cr_assert_eq(map_put(map, ref, &rows[i].row.digest), 0);
	}
	entry = founding_next(&forging->founding);
	entry.rows = calloc(count + 1, sizeof(*entry.rows));
	cr_assert_not_null(entry.rows);
	for (size_t i = 0; i < count; i++)
		entry.rows[i] = rows[i].row;
	entry.row_count = count;
	return entry;
}

/* Have the engine take the bytes for the next entry, whatever they say, and the rows with them. */
static inline void forging_insert(struct forging *forging, const uint8_t *bytes, size_t size,
				  const struct forged *rows, size_t count)
{
	struct engine_entry coded = {.bytes = bytes, .size = size};
	struct engine_row engine_rows[8];
	const struct engine_append append = {
		.org = forging_org(forging),
		.entries = &coded,
		.entry_count = 1,
		.rows = engine_rows,
		.row_count = count,
	};
	const struct engine_ops *ops = forging->engine->ops;

	cr_assert_leq(count, 8);
	for (size_t i = 0; i < count; i++)
		engine_rows[i] = (struct engine_row){rows[i].row.ref, rows[i].sealed, rows[i].size};
	if (ops->head(forging->engine, append.org, &coded.generation, &coded.previous) < 0)
		coded.generation = 0;
	coded.generation++;
	coded.digest = entry_digest(bytes, size);
	cr_assert_eq(ops->append(forging->engine, &append), 0);
}

/* Sign the entry and put it in. */
static inline void forging_put(struct forging *forging, struct entry *entry, size_t signer,
			       const struct forged *rows, size_t count)
{
	founding_sign(&forging->founding, entry, signer);
	forging_insert(forging, forging->founding.bytes, forging->founding.size, rows, count);
}

/* A change of these rows that nothing is wrong with but, perhaps, who signs it. */
static inline void forging_write(struct forging *forging, size_t signer, const struct forged *rows,
				 size_t count)
{
	struct entry entry = forging_change(forging, rows, count);

	forging_put(forging, &entry, signer, rows, count);
	free(entry.rows);
}

/* The same of one record. */
static inline void forging_write_record(struct forging *forging, size_t signer,
					const struct record *record)
{
	FORGED forged = forging_item(forging, record);

	forging_write(forging, signer, &forged, 1);
}

/* Sign the newest bytes anew, after they were altered. */
static inline void forging_sign_bytes(struct forging *forging, size_t signer, uint8_t *bytes,
				      size_t size)
{
	const size_t body = size - RECIPIENT_SIGNATURE_SIZE;

	recipient_sign(forging->founding.members[signer], "credfs log v1", bytes, body,
		       bytes + body);
}

static inline int forging_load(const struct forging *forging, const struct mark *mark,
			       struct org **ret)
{
	const struct pin pin = {.fingerprint = forging->founding.fingerprint, .mark = *mark};

	return org_load_pinned(forging->engine, forging->founding.pool,
			       forging->founding.members[READER], &pin, ret);
}

/* Genesis, with its key sealed to all three. */
static inline void forging_found(struct forging *forging)
{
	struct founding *founding = &forging->founding;
	struct forged wraps[STRANGER];
	uint8_t sealed[STRANGER][RECIPIENT_SEALED_KEY_SIZE];

	for (size_t i = 0; i < STRANGER; i++) {
		const struct recipient_public *public = recipient_public(founding->members[i]);
		const struct recipient_id id = recipient_public_id(public);

		epoch_key_seal_to(founding->key, public, sealed[i]);
		wraps[i] = (struct forged){.row.ref = {.table = ROW_WRAP, .epoch = 1},
					   .sealed = sealed[i],
					   .size = sizeof(sealed[i])};
		memcpy(wraps[i].row.ref.id.bytes, id.bytes, ID_SIZE);
	}
	forging_insert(forging, founding->bytes, founding->size, wraps, STRANGER);
}

/* The reader's host goes on to the newest entry; nothing is wrong with it yet. */
static inline void forging_follow(struct forging *forging)
{
	CLEANUP_NEWS struct news news = {0};

	cr_assert_eq(org_refresh(forging->serving, &news), 0);
	forging->seen = org_mark(forging->serving);
}

static inline void forging_init(struct forging *forging)
{
	static char openai[] = "openai", api_key[] = "api_key", admin[] = "admin",
		    other[] = "other", alice[] = "user:alice\n";
	struct record records[] = {
		forging_record(OPENAI, RECORD_ACCOUNT, 0, openai),
		forging_record(API_KEY, RECORD_FIELD, OPENAI, api_key),
		forging_record(ADMIN, RECORD_ROLE, 0, admin),
		forging_record(OTHER, RECORD_ACCOUNT, 0, other),
	};
	struct forged rows[5];
	const struct mark none = {0};

	*forging = (struct forging){.place = place_new(), .founding = founding_new()};
	cr_assert_eq(sqlite_create(forging->place.store), 0);
	cr_assert_eq(sqlite_open(forging->place.store, &forging->engine), 0);
	forging_found(forging);
	records[2].text = alice;
	for (size_t i = 0; i < 4; i++)
		rows[i] = forging_item(forging, &records[i]);
	rows[4] = forging_value(forging, API_KEY, 1, "sk-true");
	forging_write(forging, MANAGER, rows, 5);
	for (size_t i = 0; i < 5; i++)
		forged_done(&rows[i]);
	cr_assert_eq(forging_load(forging, &none, &forging->serving), 0);
	forging->seen = org_mark(forging->serving);
}

static inline void forging_done(struct forging *forging)
{
	org_free(forging->serving);
	engine_close(forging->engine);
	founding_done(&forging->founding);
	place_done(&forging->place);
}
#define FORGING CLEANUP(forging_done) struct forging

/* What a host that has seen more, or nothing, finds in the file after it was changed behind the
 * engine's back. */
static inline void forging_tamper(struct forging *forging, const char *sql)
{
	bool changed = false;

	tamper(forging->place.store, sql);
	cr_assert_eq(forging->engine->ops->renew(forging->engine, &changed), 0);
	cr_assert(changed);
}

static inline bool forging_value_is(const struct org *org, uint64_t version, const char *text)
{
	CLEANUP_SECRET struct secret *value = NULL;

	return org_value(org, forging_id(API_KEY), version, &value, NULL) == 0 &&
	       secret_size(value) == strlen(text) &&
	       memcmp(secret_view(value), text, strlen(text)) == 0;
}

/* The host serves what it had verified before, all of it. */
static inline void forging_expect_served(const struct forging *forging, const char *what)
{
	const struct org *org = forging->serving;
	const struct mark mark = org_mark(org);
	const struct record *role = org_record(org, forging_id(ADMIN));
	const struct record *field = org_record(org, forging_id(API_KEY));

	cr_expect_eq(mark.generation, forging->seen.generation, "%s", what);
	cr_expect(digest_equal(&mark.head, &forging->seen.head), "%s", what);
	cr_expect_eq(org_damaged(org), 0, "%s", what);
	cr_expect_not_null(org_record(org, forging_id(OPENAI)), "%s", what);
	cr_expect_not_null(org_record(org, forging_id(OTHER)), "%s", what);
	cr_expect_null(org_record(org, forging_id(FRESH)), "%s", what);
	cr_expect(role && strcmp(role->text, "user:alice\n") == 0, "%s", what);
	cr_expect(field && field->secret && record_id_equal(field->parent, forging_id(OPENAI)),
		  "%s", what);
	cr_expect(forging_value_is(org, 1, "sk-true"), "%s", what);
}

/* The newest entry is refused by the host that serves, by one that starts from what that has seen,
 * and by a new one; and the first goes on with what it had. */
static inline void forging_expect_refused(struct forging *forging, int error, const char *what)
{
	CLEANUP_NEWS struct news news = {0};
	CLEANUP(org_freep) struct org *org = NULL;
	const struct mark none = {0};
	int r = org_refresh(forging->serving, &news);

	cr_expect_eq(r, error, "%s: %d, while it is served", what, r);
	cr_expect_eq(news.count, 0, "%s", what);
	forging_expect_served(forging, what);
	r = forging_load(forging, &forging->seen, &org);
	cr_expect_eq(r, error, "%s: %d, after a start", what, r);
	org = org_free(org);
	r = forging_load(forging, &none, &org);
	cr_expect_eq(r, error, "%s: %d, on a new host", what, r);
}
